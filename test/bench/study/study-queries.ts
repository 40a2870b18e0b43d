// The questions that people, the command line and reports ask of a running sweep, as they ask them. $1 is the sweep's name.

export const STUDY_QUERIES: Readonly<Record<string, string>> = {
  counts_by_state: 'select * from study.sweeps where sweep = $1',
  counts_from_cells: 'select state, count(*) from study.cells where sweep = $1 group by 1',
  one_cell: 'select * from study.cells where sweep = $1 and cell = 70123',
  first_cells: 'select * from study.cells where sweep = $1 order by cell limit 50',
  failed_cells: `select cell, failure, message from study.cells where sweep = $1 and state = 'failed' order by closed_at desc limit 50`,
  last_failures: 'select * from study.failures where sweep = $1 order by at desc limit 20',
  phases_of_cell: 'select * from study.phases where sweep = $1 and cell = 70123',
  first_phases: 'select * from study.phases where sweep = $1 order by cell limit 50',
  story:
    'select * from study.story where trial_key = (select trial_key from study.cells where sweep = $1 and cell = 12345) order by at, rank',
  accuracy: 'select * from study.accuracy where sweep = $1',
  progress: 'select * from study.progress where sweep = $1',
  gpu_hours: 'select * from study.gpu_hours where sweep = $1',
  running: 'select * from study.running where sweep = $1',
  mean_loss_by_latents: `select latents, count(*), avg(final_loss) from study.cells where sweep = $1 and state = 'finished' group by 1 order by 1`,
};
