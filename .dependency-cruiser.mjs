// The borders of the project (docs/design/architecture.md section 8, docs/design/style.md section 1), as rules. `npm test` runs them over every
// import, types included.

/** Code that runs inside the Temporal sandbox. workflows/domain is pure and narrower still. */
const WORKFLOWS = '^workflows/';
const DOMAIN = '^workflows/domain/';
/** `onnxruntime-node` and the packages that call native code. */
const NATIVE_RUNTIME = '(^|/)node_modules/(onnxruntime-node|koffi)/';
const ORCHESTRATION_PACKAGES = '(^|/)node_modules/(@temporalio/|pg/|pg-|@types/pg/)';
/** Libraries of several rooms, each with an index of its own. */
const ROOMS_WITH_AN_INDEX = '^services/(tensor|study)/[^/]+/index\\.ts$';
const GRPC_PACKAGES = '(^|/)node_modules/(@grpc/|nice-grpc)';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'Two modules that need each other are one module, or miss a third. Cycles made of types alone count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'workflows-are-deterministic',
      comment:
        'Workflow code runs in the sandbox: no Node built-ins, no database, no gRPC, no native code, no services; types of services may be imported.',
      severity: 'error',
      from: { path: WORKFLOWS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'workflows-use-few-packages',
      comment:
        '@temporalio/workflow and @temporalio/common, and packages of pure functions. Anything else needs a reason and an entry here.',
      severity: 'error',
      from: { path: WORKFLOWS, pathNot: DOMAIN },
      to: {
        path: '(^|/)node_modules/',
        pathNot: '(^|/)node_modules/(@temporalio/(workflow|common)|zod)/',
      },
    },
    {
      name: 'workflows-import-no-services',
      comment: 'Activities come in as types only.',
      severity: 'error',
      from: { path: WORKFLOWS },
      to: { path: '^(services|infra|test)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'domain-is-pure',
      comment: 'Failure classes, retry rules and ids are shared by workflows and services: pure packages only.',
      severity: 'error',
      from: { path: DOMAIN },
      to: {
        path: '(^|/)node_modules/',
        pathNot: '(^|/)node_modules/zod/',
      },
    },
    {
      name: 'domain-imports-only-itself',
      comment: 'The rest of workflows knows Temporal; the domain must not.',
      severity: 'error',
      from: { path: DOMAIN },
      to: { path: '^(workflows|services|infra|test)/', pathNot: DOMAIN },
    },
    {
      name: 'services-meet-at-their-index',
      comment:
        'What a service offers is in its index.ts; store/types.ts is the border of the store as types. Generated code has no index.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: {
        path: '^services/[^/]+/',
        pathNot: [
          '^services/$1/',
          '^services/[^/]+/index\\.ts$',
          ROOMS_WITH_AN_INDEX,
          '^services/gen/',
          '^services/store/types\\.ts$',
        ],
      },
    },
    {
      name: 'infra-and-workflows-meet-services-at-their-index',
      comment: 'They use services as everybody does.',
      severity: 'error',
      from: { path: '^(infra|workflows)/' },
      to: {
        path: '^services/[^/]+/',
        pathNot: ['^services/[^/]+/index\\.ts$', ROOMS_WITH_AN_INDEX, '^services/gen/', '^services/store/types\\.ts$'],
      },
    },
    {
      name: 'rooms-meet-at-their-index',
      comment: 'services/tensor and services/study are libraries of several rooms; each room has an index.',
      severity: 'error',
      from: { path: '^services/(tensor|study)/([^/]+)/' },
      to: { path: '^services/$1/', pathNot: ['^services/$1/$2/', ROOMS_WITH_AN_INDEX] },
    },
    {
      name: 'study-is-pure',
      comment: 'What is studied opens no file, socket or session: pure packages, and the error type.',
      severity: 'error',
      from: { path: '^services/study/' },
      to: {
        path: ['^(services/(?!study/)|infra/|test/|workflows/(?!domain/))', '(^|/)node_modules/'],
        pathNot: '(^|/)node_modules/(zod|canonicalize|yaml|fastest-levenshtein)/',
      },
    },
    {
      name: 'study-uses-no-node',
      severity: 'error',
      comment: 'As above; identities are hashes.',
      from: { path: '^services/study/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'tensor-knows-no-study',
      comment:
        'Graphs, gradients, emission, runtime, optimizer and files of tensors serve any network: nothing of models, tasks or sweeps.',
      severity: 'error',
      from: { path: '^services/tensor/' },
      to: { path: '^(services/(?!tensor/|gen/onnx/)|infra/|workflows/(?!domain/errors\\.ts$))' },
    },
    {
      name: 'native-runtime-only-in-tensor',
      comment:
        'ONNX Runtime and koffi call native code that can end the process: only a trainer process may load them.',
      severity: 'error',
      from: { path: '^(services|workflows|infra)/', pathNot: '^services/tensor/' },
      to: { path: NATIVE_RUNTIME },
    },
    {
      name: 'trainer-knows-no-orchestration',
      comment: 'The trainer is usable alone: no Temporal, no Postgres, no gRPC, no other service.',
      severity: 'error',
      from: { path: '^services/(trainer|tensor|study)/' },
      to: { path: [ORCHESTRATION_PACKAGES, GRPC_PACKAGES] },
    },
    {
      name: 'trainer-imports-no-service',
      comment:
        'Only its own folder, the tensor engine, the study, the libraries of artifacts and programs, generated ONNX types and workflows/domain.',
      severity: 'error',
      from: { path: '^services/trainer/' },
      to: {
        path: '^(services/(?!trainer/|tensor/|study/|gen/onnx/|artifacts/|program/)|infra/|workflows/(?!domain/))',
      },
    },
    {
      name: 'worker-knows-neither-temporal-nor-postgres',
      comment:
        'A gpu-worker holds no database credentials and no Temporal connection (docs/design/architecture.md section 2).',
      severity: 'error',
      from: { path: '^services/gpu-worker/' },
      to: {
        path: [
          ORCHESTRATION_PACKAGES,
          '^services/(store|orchestrator|cli|dashboard)/',
          '^infra/',
          '^workflows/(?!domain/)',
        ],
      },
    },
    {
      name: 'libraries-do-not-look-up',
      comment: 'store, artifacts, rpc, config, machine, edge and program are below the processes that use them.',
      severity: 'error',
      from: { path: '^services/(store|artifacts|rpc|config|machine|edge|program)/' },
      to: { path: '^(services/(orchestrator|gpu-worker|cli|dashboard|trainer|local-stack)|infra)/' },
    },
    {
      name: 'only-the-command-line-uses-the-local-stack',
      comment: 'The local stack starts services as processes, infra installs them; no service needs either.',
      severity: 'error',
      from: { path: '^(services|workflows)/', pathNot: '^services/(cli|dashboard|local-stack)/' },
      to: { path: '^(infra|services/local-stack)/' },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^(services|workflows|infra)/' },
      to: { path: '^test/' },
    },
    {
      name: 'declared-packages-only',
      comment: 'A package that package.json does not name is there by chance.',
      severity: 'error',
      from: { path: '^(services|workflows|infra)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'undetermined'] },
    },
    {
      name: 'no-development-packages-in-the-product',
      comment: 'A deployment installs without them. Types are erased.',
      severity: 'error',
      from: { path: '^(services|workflows|services/local-stack)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '(^|/)node_modules/@types/' },
    },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules/.*/node_modules|\\.lsweep|\\.cache)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
