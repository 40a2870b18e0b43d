// What is known of the tasks' published problems without reading them: checks, plans and estimates rest on it, and the trainer's data must have
// it (test/unit/published-tasks.test.ts counts the files).

/**
 * Problems in each published split of ProSQA. With a mean of `fromNodes` nodes and more the held-out splits are the published ones, below they
 * are generated too; `meanNodes` is that of the published graphs (docs/design/study.md section 6).
 */
export const PROSQA_PUBLISHED = { train: 17_886, valid: 300, test: 500, fromNodes: 12, meanNodes: 22.8 } as const;

/** Problems in each published split of GSM8K, which has none for validation: the last of `train` stand in. */
export const GSM8K_PUBLISHED = { train: 7_473, test: 1_319 } as const;
