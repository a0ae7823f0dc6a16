// The arrows between the folders: which part of Pawl may know of which, and why. `npm run check` fails on any other.

// Tests and what only they use may look at everything.
const TESTS = '\\.(test|testkit)\\.ts$|^test/|^bench/|^ops/';
const OURS =
  '^(api|as-code|audit|bench|cli|config|db|egress|engine|files|inbound|integrations|invariants|jobs|metering|ops|processes|retention|subscriptions|telemetry|test|vault|web|worker)/';

/** A folder's whole list of what it may import of ours; everything else of ours is refused. */
const onlyImports = (folder, allowed, comment) => ({
  name: `${folder}-knows-only-${allowed.length === 0 ? 'itself' : allowed.join('-').replaceAll('/', '-')}`,
  comment,
  severity: 'error',
  from: { path: `^${folder}/`, pathNot: TESTS },
  to: { path: OURS, pathNot: `^(${[folder, ...allowed].join('|')})(/|\\.ts$)` },
});

/** A package that one place alone may import. */
const onlyIn = (name, pathOfPackage, places, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { pathNot: `${TESTS}|${places}` },
  to: { path: `node_modules/${pathOfPackage}/` },
});

module.exports = {
  forbidden: [
    onlyImports(
      'engine',
      [],
      'A decision depends on the definition, the snapshot, the event and the facts, and on nothing else: that is what ' +
        'makes a log replayable and a simulation true. The engine knows no database, no network and no clock.',
    ),
    onlyImports(
      'integrations',
      ['engine', 'egress/request'],
      'A provider says what a request looks like and what an answer means (egress/request.ts holds those two types). ' +
        'Sending is the worker’s business, storing is ' +
        'the database’s: so a provider is one file, and its tests need nothing running.',
    ),
    onlyImports(
      'inbound',
      ['engine', 'integrations/zod-problems'],
      'A source kind says whether a request is genuine and what it means. Whose it is and what follows from it is decided ' +
        'elsewhere, so that a kind is one file and its tests need nothing running. (integrations/zod-problems.ts words ' +
        'what is wrong with a form, for providers and sources alike.)',
    ),
    onlyImports(
      'egress',
      [],
      'The one way out is small enough to be read whole. It knows addresses and bytes, not tenants or actions.',
    ),
    onlyImports(
      'vault',
      ['engine', 'egress/request', 'egress/aws-handler'],
      'Keys and ciphertext stay apart from whatever stores or sends them; a key service is asked through a sender that is ' +
        'passed in.',
    ),
    onlyImports(
      'audit',
      ['engine', 'egress/request', 'egress/aws-handler', 'db'],
      'Whether the log was altered is judged by what is stored and by signed checkpoints, by nothing that writes the log.',
    ),
    onlyImports(
      'retention',
      ['engine', 'db', 'files'],
      'What is forgotten is decided by its age and by what still needs it, as the database says.',
    ),
    onlyImports('files', [], 'How a file is written says nothing of what is in it.'),
    onlyImports('config', ['engine'], 'Configuration is parsed before anything else exists.'),
    onlyImports(
      'db',
      ['engine'],
      'Statements store and load what the engine decides; they decide nothing. Types and errors of the engine are all ' +
        'they need.',
    ),
    onlyImports(
      'subscriptions',
      ['engine'],
      'Who is told of what is decided by data alone, at every transition: no database, no network, no clock.',
    ),
    onlyImports(
      'telemetry',
      ['egress/sender'],
      'What is counted and traced is told by the parts, through functions they are given: measuring decides nothing. Traces ' +
        'leave through the sender that is passed in.',
    ),
    onlyImports(
      'as-code',
      [
        'api/inputs',
        'api/auth/principal',
        'config/nearest-name',
        'engine',
        'inbound',
        'integrations',
        'subscriptions',
      ],
      'Files are checked by the code that will run what they say, and by the schemas that requests are read by. What is to ' +
        'change is decided by the files and by what is there, so a plan can be tested without a server; reading and sending ' +
        'are the commands’ business.',
    ),
    onlyImports(
      'api/inputs',
      ['engine'],
      'What names and values are asked to be is said once, for requests and for files: so it knows of neither.',
    ),
    onlyImports(
      'jobs',
      ['engine', 'db', 'subscriptions', 'telemetry/span'],
      'The one place where the engine meets the database: one decision, one commit.',
    ),
    onlyImports(
      'metering',
      ['engine', 'egress/request', 'egress/aws-handler', 'db', 'files'],
      'What an export looks like, and which rows belong in it: the same for a download, a command and a standing order.',
    ),
    onlyImports(
      'worker',
      [
        'engine',
        'inbound',
        'integrations',
        'egress',
        'vault',
        'db',
        'jobs',
        'metering',
        'retention',
        'subscriptions',
        'telemetry/span',
      ],
      'A worker runs anywhere, without an API beside it.',
    ),
    onlyImports(
      'api',
      [
        'engine',
        'inbound',
        'integrations',
        'egress',
        'vault',
        'db',
        'jobs',
        'metering',
        'subscriptions',
        'telemetry/span',
        'audit/checkpoint',
      ],
      'The API commits and answers. What it queues is fired by a worker, perhaps on another machine, after the commit.',
    ),
    onlyImports(
      'invariants',
      ['engine', 'db', 'jobs'],
      'What must hold is judged by what is stored and what was received, never by the code that is being judged.',
    ),
    onlyImports(
      'processes',
      [
        'api',
        'audit',
        'config',
        'db',
        'egress',
        'engine',
        'inbound',
        'jobs',
        'metering',
        'retention',
        'telemetry',
        'vault',
        'worker',
      ],
      'The one place where the parts are wired into processes. Nothing is wired a second time elsewhere.',
    ),
    onlyImports(
      'cli',
      ['api', 'as-code', 'audit', 'config', 'db', 'engine', 'invariants', 'metering', 'processes'],
      'Commands start processes and talk to the API or the database; they neither decide, nor decrypt, nor send.',
    ),
    {
      name: 'web-knows-only-types',
      comment:
        'What runs in a browser is served to everybody: nothing of the server may end up in it. The API is known by its ' +
        'OpenAPI document (web/api-types.ts), a definition by the types of the engine.',
      severity: 'error',
      from: { path: '^web/', pathNot: TESTS },
      to: { path: OURS, pathNot: '^web/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'engine-is-pure',
      comment:
        'Whoever imports a module of Node can read a clock, a file or a socket. Text and bytes are all the engine needs.',
      severity: 'error',
      from: { path: '^engine/', pathNot: TESTS },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(buffer|util)$' },
    },
    {
      name: 'as-code-is-pure',
      comment: 'A plan is a comparison of two things that were read before.',
      severity: 'error',
      from: { path: '^as-code/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'inbound-is-pure',
      comment:
        'Checking a signature takes bytes and a hash. The time is an argument, so that a window can be tested.',
      severity: 'error',
      from: { path: '^inbound/', pathNot: TESTS },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(buffer|crypto)$' },
    },
    {
      name: 'only-the-worker-decrypts',
      comment:
        'Plaintext credentials exist only in a worker, just before it sends. The API can encrypt and never decrypt (but for ' +
        'secrets of sources, see below), so a hole in the API gives away no credential. processes/ builds the decrypter for the worker, vault/ moves blobs to another key.',
      severity: 'error',
      from: { pathNot: `${TESTS}|^(worker|vault)/|^processes/worker\\.ts$` },
      to: { path: '^vault/decrypt\\.ts$' },
    },
    {
      name: 'only-the-vault-handles-bytes',
      comment:
        'Whoever seals or opens bytes chooses the key himself. What the parts are given is made of it.',
      severity: 'error',
      from: { pathNot: `${TESTS}|^vault/` },
      to: { path: '^vault/seal\\.ts$' },
    },
    {
      name: 'only-the-api-opens-secrets-of-sources',
      comment:
        'The signature of an inbound webhook is checked where it arrives, before it is stored. vault/source-secrets.ts opens ' +
        'such secrets and nothing else: what a blob is the secret of is authenticated with it.',
      severity: 'error',
      from: { pathNot: `${TESTS}|^(api|vault)/|^processes/(api|stored-secrets)\\.ts$` },
      to: { path: '^vault/source-secrets\\.ts$' },
    },
    {
      name: 'only-rotation-reencrypts',
      comment: 'Moving a blob to another key opens it on the way: that is for the operator’s rotation alone.',
      severity: 'error',
      from: { pathNot: `${TESTS}|^vault/|^processes/move-secrets\\.ts$` },
      to: { path: '^vault/reencrypt\\.ts$' },
    },
    {
      name: 'the-environment-is-read-once',
      comment:
        'Configuration is parsed at the edge into a typed object and passed in. Commands are the edge.',
      severity: 'error',
      from: { pathNot: `${TESTS}|^(cli|config)/` },
      to: { path: '^config/environment\\.ts$' },
    },
    onlyIn(
      'aws-only-in-its-file',
      '@aws-sdk',
      '^(?:vault/aws-kms|metering/s3-store|audit/s3-anchor|egress/aws-handler)\\.ts$',
      'The clients are loaded where KMS or a bucket is configured and nowhere else, and send through the guarded sender.',
    ),
    onlyIn(
      'telemetry-only-in-its-folder',
      '(prom-client|@opentelemetry)',
      '^telemetry/',
      'Which library counts is known in one place. The libraries dial by themselves where they are let.',
    ),
    onlyIn(
      'undici-only-in-the-sender',
      'undici',
      '^egress/sender\\.ts$',
      'Every request to a place that a tenant named goes through the guarded sender. Peers were breached through the ' +
        'ways out that somebody forgot.',
    ),
    onlyIn(
      'postgres-only-in-db',
      '(postgres|drizzle-orm)',
      '^db/|^drizzle\\.config\\.ts$',
      'SQL stands in db/statements, each with the shard and the tenant it is about, where it can be found and judged.',
    ),
    onlyIn(
      'sign-in-only-at-the-door',
      '(better-auth|@better-auth)',
      '^api/auth/|^db/sign-in-store\\.ts$',
      'better-auth knows who somebody is. What they may do, and for which tenant, is decided without it.',
    ),
    onlyIn(
      'mustache-only-in-the-engine',
      'mustache',
      '^engine/',
      'Only templates are ever parsed, never a value put into one; one place parses them.',
    ),
    onlyIn(
      'cel-only-in-the-engine',
      '@marcbachmann/cel-js',
      '^engine/',
      'A tenant’s expression runs within bounds of time and size that engine/expression.ts sets.',
    ),
    onlyIn(
      'xstate-only-in-the-engine',
      'xstate',
      '^engine/',
      'How a machine moves is the engine’s business.',
    ),
    onlyIn(
      'hono-only-in-the-api',
      '(hono|@hono)',
      '^api/|^processes/api\\.ts$',
      'HTTP stops at the API: what is behind it serves commands and tests as well.',
    ),
    {
      name: 'tests-stay-tests',
      comment: 'What tests use may cut corners that production must not.',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { path: '\\.(test|testkit)\\.ts$|^(test|bench|ops)/' },
    },
    {
      name: 'no-circles',
      comment:
        'Two files that need each other are one file, or one of them holds something that belongs in a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-barrels',
      comment: 'An index.ts hides what a file needs, and loads all of a folder for one name of it.',
      severity: 'error',
      from: {},
      to: { path: '(^|/)index\\.ts$', pathNot: 'node_modules' },
    },
    {
      name: 'no-dev-dependencies-in-production',
      comment:
        'What production imports must be there after `npm ci --omit=dev`. What web/ imports is built in before.',
      severity: 'error',
      from: { path: OURS, pathNot: `${TESTS}|^web/` },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-missing',
      comment: 'An import that cannot be resolved fails at run time.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.pawl|web/dist)/' },
    // TypeScript 7 has no API that this could parse with. swc sees imports of types too, which is wanted: a type that
    // comes from the wrong side is the beginning of a value that does.
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
    combinedDependencies: false,
  },
};
