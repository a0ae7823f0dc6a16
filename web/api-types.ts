// The API as the web application sees it. Made from the OpenAPI document by docs/generate-api-types.ts.

export interface components {
  schemas: {
    Problem: {
      type: string;
      title: string;
      status: number;
      /** What happened, as a sentence. */
      detail: string;
      /** Stable: decide by it, not by the sentence. */
      code: string;
      problems?: ({
        /** JSON pointer into the body; `/query/…` and `/header/…` for the rest of the request. */
        pointer: string;
        code: string;
        message: string;
        severity: "error" | "warning";
      })[];
      request_id: string;
    };
    DefinitionProblem: {
      /** RFC 6901, into the definition. */
      pointer: string;
      code: string;
      message: string;
      severity: "error" | "warning";
    };
    ValidateDefinition: {
      /** Any JSON value. */
      definition: unknown;
      /** The name it has or will have: a workflow may start jobs of itself. */
      workflow?: string;
    };
    Simulation: {
      decision: {
        kind: "taken" | "refused" | "failed";
      };
      actions: ({
        pointer: string;
        name: string | null;
        action_type: "WEBHOOK" | "INTEGRATION";
        connection_id: string;
        when: "true" | "false" | "error" | "unknown";
        when_message: string | null;
        /** As it would go out, with every secret as `***`. */
        request: {
          method: string;
          url: string;
          headers: { [key: string]: string };
          body: string | null;
        } | null;
        /** Why there is no request. */
        problems: ({ [key: string]: unknown })[];
      })[];
      /** With `leave_out_errors`: pointers of the parts of the definition that were left out. */
      left_out: (string)[];
    };
    Simulate: {
      /** The current state to be in, as jobs show it. With neither state nor snapshot, a job is started. */
      state?: string;
      /** In `state`: laid over the context of the definition. */
      context?: { [key: string]: unknown };
      /** As the `snapshot` of a simulation before: to go on from it. */
      snapshot?: { [key: string]: unknown };
      /** At the start: the job’s input. */
      input?: { [key: string]: unknown };
      /** In `state` or `snapshot`: what is sent. Timers and outcomes (`xstate.…`) may be tried too. */
      event?: {
        type: string;
        payload?: { [key: string]: unknown };
      };
      /** What is known of actions that have run, by name. */
      facts?: { [key: string]: {
        status: string;
        response: {
          status: number;
          /** Any JSON value. */
          body: unknown;
        };
        error: string;
        attempts: number;
      } };
      definition?: { [key: string]: unknown };
      /** Id or name. */
      workflow?: string;
      /** Without it, the latest. */
      version?: number;
      /** Of a definition: the name it has or will have, as jobs of itself may be started. */
      name?: string;
      /** Try a definition that has errors without the parts that have them: such an action does nothing, such a guard refuses, such a target leads nowhere. */
      leave_out_errors?: boolean;
    };
    SimulateWorkflow: {
      /** The current state to be in, as jobs show it. With neither state nor snapshot, a job is started. */
      state?: string;
      /** In `state`: laid over the context of the definition. */
      context?: { [key: string]: unknown };
      /** As the `snapshot` of a simulation before: to go on from it. */
      snapshot?: { [key: string]: unknown };
      /** At the start: the job’s input. */
      input?: { [key: string]: unknown };
      /** In `state` or `snapshot`: what is sent. Timers and outcomes (`xstate.…`) may be tried too. */
      event?: {
        type: string;
        payload?: { [key: string]: unknown };
      };
      /** What is known of actions that have run, by name. */
      facts?: { [key: string]: {
        status: string;
        response: {
          status: number;
          /** Any JSON value. */
          body: unknown;
        };
        error: string;
        attempts: number;
      } };
      version?: number;
    };
    Workflow: {
      id: string;
      name: string;
      description: string;
      /** Its module; null: the organisation. */
      scope_id: string | null;
      published_version: number | null;
      latest_version: number | null;
      archived_at: string | null;
      created_at: string;
      updated_at: string;
    };
    CreateWorkflow: {
      name: string;
      description?: string;
      /** The module it belongs to; null: the organisation. */
      scope_id?: string | null;
      definition?: { [key: string]: unknown };
    };
    UpdateWorkflow: {
      description?: string | null;
      /** The module it belongs to; null: the organisation. */
      scope_id?: string | null;
      archived?: boolean;
    };
    SavedWorkflowVersion: {
      id: string;
      workflow_id: string;
      version: number;
      /** SHA-256 of the definition as it was sent, order of keys included, without spaces. */
      checksum: string;
      published: boolean;
      created_by: string;
      created_at: string;
      definition: { [key: string]: unknown };
      /** Any JSON value. */
      layout: unknown;
      problems: (components['schemas']['DefinitionProblem'])[];
    };
    SaveWorkflowVersion: {
      definition: { [key: string]: unknown };
      layout?: { [key: string]: unknown };
      /** The latest version as you know it (0: none). When there is a newer one, nothing is saved: 409 `version_conflict`. */
      based_on?: number;
    };
    ListedWorkflowVersion: {
      id: string;
      workflow_id: string;
      version: number;
      /** SHA-256 of the definition as it was sent, order of keys included, without spaces. */
      checksum: string;
      published: boolean;
      created_by: string;
      created_at: string;
    };
    WorkflowVersion: {
      id: string;
      workflow_id: string;
      version: number;
      /** SHA-256 of the definition as it was sent, order of keys included, without spaces. */
      checksum: string;
      published: boolean;
      created_by: string;
      created_at: string;
      definition: { [key: string]: unknown };
      /** Any JSON value. */
      layout: unknown;
    };
    UpdateLayout: {
      layout: { [key: string]: unknown };
    };
    PublishWorkflow: {
      version: number;
    };
    TransitionAnswer: {
      job: {
        id: string;
        workflow_id: string;
        workflow_version_id: string;
        key: string | null;
        parent_job_id: string | null;
        status: "ACTIVE" | "DONE" | "ERROR" | "CANCELLED";
        /** Nested states with dots, parallel ones with commas: `review`, `a.b`, `p.x.1,p.y.2`. */
        current_state: string;
        /** Transitions committed so far, without gaps; the start is 1. */
        revision: number;
        created_at: string;
        updated_at: string;
        finished_at: string | null;
        context: { [key: string]: unknown };
        /** Any JSON value. */
        output: unknown;
      };
      transition: {
        id: string;
        seq: number;
        from: string | null;
        to: string;
        at: string;
      };
      action_runs: ({
        id: string;
        ordinal: number;
        action_type: "WEBHOOK" | "INTEGRATION";
        name: string | null;
        connection_id: string;
      })[];
    };
    StartJob: {
      /** Id or name. */
      workflow: string;
      /** Laid over the context of the definition. */
      input?: { [key: string]: unknown };
      /** Of your own, for instance an order number. One live job per workflow may hold it. */
      key?: string;
    };
    ListedJob: {
      id: string;
      workflow_id: string;
      workflow_version_id: string;
      key: string | null;
      parent_job_id: string | null;
      status: "ACTIVE" | "DONE" | "ERROR" | "CANCELLED";
      /** Nested states with dots, parallel ones with commas: `review`, `a.b`, `p.x.1,p.y.2`. */
      current_state: string;
      /** Transitions committed so far, without gaps; the start is 1. */
      revision: number;
      created_at: string;
      updated_at: string;
      finished_at: string | null;
    };
    Job: {
      id: string;
      workflow_id: string;
      workflow_version_id: string;
      key: string | null;
      parent_job_id: string | null;
      status: "ACTIVE" | "DONE" | "ERROR" | "CANCELLED";
      /** Nested states with dots, parallel ones with commas: `review`, `a.b`, `p.x.1,p.y.2`. */
      current_state: string;
      /** Transitions committed so far, without gaps; the start is 1. */
      revision: number;
      created_at: string;
      updated_at: string;
      finished_at: string | null;
      context: { [key: string]: unknown };
      /** Any JSON value. */
      output: unknown;
      workflow_name: string;
      workflow_version: number;
      /** Event types (and wildcards) that the current states know, whatever their guards say. */
      next_events: (string)[];
      timers: ({
        id: string;
        event_type: string;
        kind: "after" | "action_outcome";
        due_at: string;
      })[];
    };
    LogEntry: {
      id: string;
      at: string;
      kind: string;
      /** Of the job after it, for what moved the job. */
      revision: number | null;
      actor: string;
      data: { [key: string]: unknown };
    };
    Explanation: {
      job_id: string;
      status: "ACTIVE" | "DONE" | "ERROR" | "CANCELLED";
      current_state: string;
      revision: number;
      events: ({
        type: string;
        internal: boolean;
        verdicts: ({
          pointer: string;
          state: string;
          event: string;
          target: string | null;
          guard: string | null;
          verdict: "true" | "false" | "error" | "unknown";
          message: string;
        })[];
      })[];
      always: ({
        pointer: string;
        state: string;
        event: string;
        target: string | null;
        guard: string | null;
        verdict: "true" | "false" | "error" | "unknown";
        message: string;
      })[];
      waiting_for: {
        timers: ({
          id: string;
          event_type: string;
          kind: "after" | "action_outcome";
          due_at: string;
        })[];
        action_runs: (components['schemas']['ListedActionRun'])[];
      };
    };
    ListedActionRun: {
      id: string;
      job_id: string;
      transition_id: string;
      /** Place in the list of its transition, from 0. */
      ordinal: number;
      workflow_version_id: string;
      /** Where the action stands in the definition (JSON pointer). */
      pointer: string;
      action_type: "WEBHOOK" | "INTEGRATION";
      name: string | null;
      connection_id: string;
      invoke_id: string | null;
      status: "QUEUED" | "RUNNING" | "RETRYING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "UNKNOWN";
      attempts: number;
      error: { [key: string]: unknown };
      /** When it is fired at the earliest; null while it waits for an earlier one, or for a person. */
      next_attempt_at: string | null;
      created_at: string;
      finished_at: string | null;
    };
    JobEvent: {
      type: string;
      payload?: { [key: string]: unknown };
      /** Refuse with `stale_revision` unless the job is at this revision. The same as `If-Match`. */
      expected_revision?: number;
    };
    MigrateJob: {
      /** Of the same workflow. */
      version: number;
      /** Paths of states of the version that the job comes from, to paths of the one it goes to. What is inside a mapped state goes with it; what is not mapped keeps its path. */
      state_map?: { [key: string]: string };
      /** Only say what would be. */
      dry_run?: boolean;
    };
    MigratedJob: {
      id: string;
      key: string | null;
      current_state: string;
      /** Null when it cannot go. */
      to_state: string | null;
      problems: (components['schemas']['DefinitionProblem'])[];
    };
    MigrateJobs: {
      /** Of the same workflow. */
      version: number;
      /** Paths of states of the version that the job comes from, to paths of the one it goes to. What is inside a mapped state goes with it; what is not mapped keeps its path. */
      state_map?: { [key: string]: string };
      /** Only say what would be. */
      dry_run?: boolean;
      from_version: number;
    };
    Impact: {
      version: number;
      items: ({
        /** The one that the jobs are in. */
        version: number;
        current_state: string;
        jobs: number;
        /** Null when a map must say. */
        to_state: string | null;
        problems: (components['schemas']['DefinitionProblem'])[];
      })[];
      /** There are older active jobs, too many to look at: the numbers are of the newest. */
      more: boolean;
    };
    WhatIf: {
      job_id: string;
      steps: ({
        at: string;
        /** Of the job after it; null for a timer that only the other definition has. */
        revision: number | null;
        event: {
          type: string;
          /** Any JSON value. */
          payload: unknown;
        };
        /** A timer, or the outcome of an action. */
        internal: boolean;
        /** Same state, same context, same requests. */
        same: boolean;
        was: {
          kind: "taken" | "refused" | "failed";
          /** After it; null when nothing happened. */
          current_state: string | null;
          status: "ACTIVE" | "DONE" | "ERROR" | null;
          context: { [key: string]: unknown };
          /** Why nothing happened. */
          message: string | null;
          /** Of a refusal: what each guard said. */
          verdicts: ({ [key: string]: unknown })[];
        } | null;
        /** Null for a timer that the other definition has not. */
        would: {
          kind: "taken" | "refused" | "failed";
          /** After it; null when nothing happened. */
          current_state: string | null;
          status: "ACTIVE" | "DONE" | "ERROR" | null;
          context: { [key: string]: unknown };
          /** Why nothing happened. */
          message: string | null;
          /** Of a refusal: what each guard said. */
          verdicts: ({ [key: string]: unknown })[];
        } | null;
        requests: ({
          name: string | null;
          action_type: "WEBHOOK" | "INTEGRATION";
          change: "same" | "changed" | "added" | "removed";
          was: {
            pointer: string;
            connection_id: string;
            when: "true" | "false" | "error" | "unknown";
            when_message: string | null;
            request: {
              method: string;
              url: string;
              headers: { [key: string]: string };
              body: string | null;
            } | null;
            problems: ({ [key: string]: unknown })[];
          } | null;
          would: {
            pointer: string;
            connection_id: string;
            when: "true" | "false" | "error" | "unknown";
            when_message: string | null;
            request: {
              method: string;
              url: string;
              headers: { [key: string]: string };
              body: string | null;
            } | null;
            problems: ({ [key: string]: unknown })[];
          } | null;
        })[];
      })[];
      /** Place in `steps` of the first that differs; null when none does. */
      differs_from: number | null;
      /** The job has a longer past than is compared. */
      truncated: boolean;
      /** With `leave_out_errors`: pointers of the parts of the definition that were left out. */
      left_out: (string)[];
    };
    AskWhatIf: {
      definition?: { [key: string]: unknown };
      /** Of the job’s workflow. */
      version?: number;
      /** As in a simulation. */
      leave_out_errors?: boolean;
    };
    ActionRun: {
      id: string;
      job_id: string;
      transition_id: string;
      /** Place in the list of its transition, from 0. */
      ordinal: number;
      workflow_version_id: string;
      /** Where the action stands in the definition (JSON pointer). */
      pointer: string;
      action_type: "WEBHOOK" | "INTEGRATION";
      name: string | null;
      connection_id: string;
      invoke_id: string | null;
      status: "QUEUED" | "RUNNING" | "RETRYING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "UNKNOWN";
      attempts: number;
      error: { [key: string]: unknown };
      /** When it is fired at the earliest; null while it waits for an earlier one, or for a person. */
      next_attempt_at: string | null;
      created_at: string;
      finished_at: string | null;
      /** Any JSON value. */
      request: unknown;
      /** Any JSON value. */
      response: unknown;
      attempt_log: ({
        id: string;
        at: string;
        late: boolean;
        number: number | null;
        outcome: string | null;
        code: string | null;
        message: string | null;
        duration_ms: number | null;
        /** Any JSON value. */
        request: unknown;
        /** Any JSON value. */
        response: unknown;
      })[];
    };
    Connection: {
      id: string;
      provider: string;
      connection_name: string;
      /** The credentials that are set, the secret ones as `***`. */
      fields: { [key: string]: unknown };
      /** Where requests may go. The stored credentials do not decrypt for any other place. */
      allowed_origin: string;
      /** The data key of the tenant that they are encrypted with. */
      key_id: string;
      /** The keys of the tenant were shredded, and nobody can read these credentials any more. Give them anew with `rotate`. */
      credentials_shredded: boolean;
      settings: { [key: string]: unknown };
      enabled: boolean;
      supplied_to_all: boolean;
      /** Why the provider refused the credentials last. */
      flag: string | null;
      flagged_at: string | null;
      /** Of the credentials as they are now; null when they were shredded. */
      last_test: {
        ok: boolean;
        /** `ok`, or what went wrong: stable. */
        code: string;
        /** A sentence, in the provider’s words where it had any. */
        message: string;
        /** The HTTP status; null when no answer came. */
        status: number | null;
        /** How long the call took; null when none could be made. */
        duration_ms: number | null;
        /** What a provider that refused said: the first 1024 bytes, secrets as `***`. */
        answer: string | null;
        at: string;
      } | null;
      /** `open`: nothing is sent until `open_until`. `half_open`: one request finds out whether the receiver is back. */
      circuit: "closed" | "open" | "half_open";
      /** The receiver asked to be left alone until then. */
      paused_until: string | null;
      /** Grows with every change. */
      version: number;
      created_at: string;
      updated_at: string;
    };
    NewConnection: {
      provider: string;
      /** Unique in the tenant. */
      connection_name: string;
      /** What the provider asks for: `credentials_schema` in `GET /api/v1/providers`. Stored encrypted, never shown again. */
      credentials: { [key: string]: unknown };
      settings?: components['schemas']['ConnectionSettings'];
      /** Supplied to the whole organisation: subscriptions on any scope may notify it. Else see `/supplies`. */
      supplied_to_all?: boolean;
    };
    ConnectionSettings: {
      /** Requests in flight at once, over all workers. */
      concurrency?: number;
      /** Exact over all workers. `none`: no rate, whatever the provider’s default is. */
      rate_limit?: "none" | {
        per_second: number;
        burst?: number;
      };
    };
    ConnectionChange: {
      /** Unique in the tenant. */
      connection_name?: string;
      /** Actions of a disabled connection fail. */
      enabled?: boolean;
      settings?: components['schemas']['ConnectionSettingsChange'];
      /** Supplied to the whole organisation: subscriptions on any scope may notify it. Else see `/supplies`. */
      supplied_to_all?: boolean;
      /** Not here: `POST /api/v1/tenant/connections/{id}/rotate`. */
      credentials?: never;
    };
    ConnectionSettingsChange: {
      concurrency?: number | null;
      /** Exact over all workers. `none`: no rate, whatever the provider’s default is. */
      rate_limit?: "none" | {
        per_second?: number;
        burst?: number | null;
      } | null;
    };
    NewCredentials: {
      /** What the provider asks for: `credentials_schema` in `GET /api/v1/providers`. Stored encrypted, never shown again. */
      credentials: { [key: string]: unknown };
    };
    ConnectionUses: {
      /** Versions that name it and are published or have live jobs; null where the caller may not read workflows. */
      workflows: ({
        workflow_id: string;
        name: string;
        version: number;
        published: boolean;
        has_live_jobs: boolean;
      })[] | null;
      /** Those that go through it; null where the caller may not read them. */
      subscriptions: ({
        id: string;
        name: string;
      })[] | null;
      /** Scheduled exports that deliver through it, paused or not; null where the caller may not read metering. */
      metering_exports: ({
        id: string;
        name: string;
      })[] | null;
      /** Sources whose gaps are filled through it; null where the caller may not read them. */
      sources: ({
        id: string;
        name: string;
      })[] | null;
    };
    ConnectionTest: {
      id: string;
      connection_id: string;
      status: "waiting" | "answered";
      requested_by: string;
      requested_at: string;
      answered_at: string | null;
      result: {
        ok: boolean;
        /** `ok`, or what went wrong: stable. */
        code: string;
        /** A sentence, in the provider’s words where it had any. */
        message: string;
        /** The HTTP status; null when no answer came. */
        status: number | null;
        /** How long the call took; null when none could be made. */
        duration_ms: number | null;
        /** What a provider that refused said: the first 1024 bytes, secrets as `***`. */
        answer: string | null;
      } | null;
    };
    ConnectionLimits: {
      /** Requests in flight at most, over all workers. */
      concurrency: number;
      /** Requests that are out now. */
      in_flight: number;
      /** Requests a second, exact over all workers; null: no limit. */
      rate: {
        per_second: number;
        /** How many may go at once after a pause. */
        burst: number;
        /** How many may go now. */
        available: number;
      } | null;
      /** Who says so: the settings of the connection, or its provider. */
      from: {
        concurrency: "settings" | "provider";
        per_second: "settings" | "provider";
        /** `per_second`: nobody says, so it is as many as go in a second. */
        burst: "settings" | "provider" | "per_second";
      };
      circuit: {
        /** `open`: nothing is sent until `open_until`. `half_open`: one request finds out whether the receiver is back. */
        state: "closed" | "open" | "half_open";
        since: string | null;
        open_until: string | null;
        /** In a row, when it opened and since. */
        misses: number;
        /** What the last miss that opened the circuit met. */
        last_error: {
          code: string;
          message: string;
        } | null;
      };
      /** The receiver asked to be left alone until then. */
      paused_until: string | null;
    };
    Provider: {
      id: string;
      title: string;
      docs_url: string;
      fields: ({
        name: string;
        label: string;
        help: string;
        secret: boolean;
        optional: boolean;
        link: string | null;
        default: string | null;
        /** Of the right shape, and of nobody. */
        example: string | null;
      })[];
      /** JSON Schema of `credentials`. */
      credentials_schema: { [key: string]: unknown };
      /** A whole set of them, of nobody. */
      credentials_example: { [key: string]: unknown };
      operations: ({
        id: string;
        title: string;
        help: string;
        idempotent: boolean;
        /** JSON Schema of `input`. */
        input_schema: { [key: string]: unknown };
        /** An `input` that it takes. */
        example: unknown;
      })[];
      /** What `path` of a WEBHOOK action is behind, and the `params` of one. */
      webhook: {
        help: string;
        example: { [key: string]: unknown };
      } | null;
      test: {
        available: true;
        /** A credential with which there is no test, and why. */
        not_with?: {
          field: string;
          reason: string;
        };
      } | {
        available: false;
        reason: string;
      };
      /** Of a connection whose `settings` say nothing else. */
      limits: {
        concurrency: number;
        per_second: number | null;
        burst: number | null;
      };
    };
    Scope: {
      id: string;
      kind: "stack" | "namespace" | "module";
      name: string;
      parent_id: string | null;
      created_at: string;
    };
    NewScope: {
      kind: "stack" | "namespace" | "module";
      /** Unique in its parent. */
      name: string;
      /** A stack has none, a namespace a stack, a module a namespace. */
      parent_id?: string | null;
    };
    ScopeTree: components['schemas']['Scope'] & {
      children: (components['schemas']['ScopeTree'])[];
    };
    ScopeChange: {
      /** Unique in its parent. */
      name?: string;
      /** A stack has none, a namespace a stack, a module a namespace. */
      parent_id?: string | null;
    };
    Supply: {
      id: string;
      connection_id: string;
      scope_id: string;
      created_by: string;
      created_at: string;
    };
    NewSupply: {
      connection_id: string;
      scope_id: string;
    };
    CreatedEndpoint: {
      id: string;
      url: string;
      description: string;
      /** `secret`: with the secret of the endpoint (`v1`). `key`: with the key of the organisation, whose public half is at its JWKS (`v1a`); the secret signs nothing meanwhile. `both`: with either. */
      signed_by: "secret" | "key" | "both";
      enabled: boolean;
      /** Why Pawl disabled it; null when a person did. */
      disabled_reason: string | null;
      /** Since when no request has succeeded. */
      failing_since: string | null;
      /** The keys of the tenant were shredded, and nobody can read the secret any more: what is signed with it fails. Make another with `rotate`. */
      secret_shredded: boolean;
      /** While a rotation overlaps: until when the secret before signs too. */
      previous_secret_until: string | null;
      /** `open`: nothing is sent until `open_until`. `half_open`: one request finds out whether the receiver is back. */
      circuit: "closed" | "open" | "half_open";
      /** Of a circuit that is not closed: from then on one request may find out. */
      open_until: string | null;
      /** What the last miss that opened the circuit met. */
      last_error: {
        code: string;
        message: string;
      } | null;
      /** The receiver asked to be left alone until then. */
      paused_until: string | null;
      created_at: string;
      updated_at: string;
      /** Checks `v1` of `webhook-signature` (Standard Webhooks). Every endpoint has one, also while it is signed by the key alone. Not shown again. */
      secret?: string;
    };
    NewEndpoint: {
      url: string;
      description?: string;
      /** `secret`: with the secret of the endpoint (`v1`). `key`: with the key of the organisation, whose public half is at its JWKS (`v1a`); the secret signs nothing meanwhile. `both`: with either. */
      signed_by?: "secret" | "key" | "both";
    };
    Endpoint: {
      id: string;
      url: string;
      description: string;
      /** `secret`: with the secret of the endpoint (`v1`). `key`: with the key of the organisation, whose public half is at its JWKS (`v1a`); the secret signs nothing meanwhile. `both`: with either. */
      signed_by: "secret" | "key" | "both";
      enabled: boolean;
      /** Why Pawl disabled it; null when a person did. */
      disabled_reason: string | null;
      /** Since when no request has succeeded. */
      failing_since: string | null;
      /** The keys of the tenant were shredded, and nobody can read the secret any more: what is signed with it fails. Make another with `rotate`. */
      secret_shredded: boolean;
      /** While a rotation overlaps: until when the secret before signs too. */
      previous_secret_until: string | null;
      /** `open`: nothing is sent until `open_until`. `half_open`: one request finds out whether the receiver is back. */
      circuit: "closed" | "open" | "half_open";
      /** Of a circuit that is not closed: from then on one request may find out. */
      open_until: string | null;
      /** What the last miss that opened the circuit met. */
      last_error: {
        code: string;
        message: string;
      } | null;
      /** The receiver asked to be left alone until then. */
      paused_until: string | null;
      created_at: string;
      updated_at: string;
    };
    EndpointChange: {
      url?: string;
      description?: string | null;
      /** `secret`: with the secret of the endpoint (`v1`). `key`: with the key of the organisation, whose public half is at its JWKS (`v1a`); the secret signs nothing meanwhile. `both`: with either. */
      signed_by?: "secret" | "key" | "both";
      /** Enabling forgets why it was disabled. What a disabled endpoint was due is SKIPPED. */
      enabled?: boolean;
    };
    RotatedEndpointSecret: {
      /** Checks `v1` of `webhook-signature` (Standard Webhooks). Every endpoint has one, also while it is signed by the key alone. Not shown again. */
      secret: string;
      /** Until then requests are signed with the secret before as well. */
      previous_expires_at: string | null;
    };
    SigningKeys: {
      /** Where receivers find the same keys, without a bearer. */
      jwks_url: string;
      /** The current one first. None until an endpoint is signed by the key, or one is asked for. */
      keys: (components['schemas']['SigningKey'])[];
    };
    SigningKey: {
      /** RFC 7638: the thumbprint of the key. */
      kid: string;
      /** As libraries of Standard Webhooks take it: `whpk_` and base64 of the 32 bytes. */
      public_key: string;
      created_at: string;
      /** Of the key before a rotation: until when it signs too. Null: it is the current one. */
      expires_at: string | null;
      /** The keys of the tenant were shredded, and nobody can sign by it any more: what is signed with it fails. Make another with `rotate`. */
      secret_shredded: boolean;
    };
    Subscription: {
      id: string;
      name: string;
      scope_id: string | null;
      trigger: components['schemas']['SubscriptionTrigger'];
      filter: string | null;
      action: { [key: string]: unknown };
      endpoint: {
        endpoint_id: string;
        /** Any JSON value. */
        body: unknown;
        /** Any JSON value. */
        retry: unknown;
        timeout_ms: number;
      } | null;
      enabled: boolean;
      reach: components['schemas']['SubscriptionReach'];
      created_by: string;
      created_at: string;
      updated_at: string;
    };
    SubscriptionTrigger: {
      kind: "job_started";
    } | {
      kind: "transition_taken";
      /** Path of a state, such as `review.legal`. */
      from?: string;
      /** Path of a state, such as `review.legal`. */
      to?: string;
      event?: string;
    } | {
      kind: "state_entered";
      /** Path of a state, such as `review.legal`. */
      state: string;
    } | {
      kind: "job_done";
    } | {
      kind: "action_failed";
      action?: string;
    } | {
      kind: "milestone_reached";
      /** Path of a state, such as `review.legal`. */
      state?: string;
    };
    SubscriptionReach: {
      /** Where in its scope the connection is supplied: `part` is some scopes below, `none` is nowhere. */
      supply: "all" | "part" | "none";
      /** Why nothing can go out through it as things are; null: it can. */
      blocked: "not_supplied" | "connection_disabled" | "connection_not_found" | "endpoint_disabled" | "endpoint_not_found" | null;
    };
    NewSubscription: {
      /** Unique in the tenant. */
      name: string;
      /** It and all that is in it; null: the organisation. */
      scope_id?: string | null;
      trigger: components['schemas']['SubscriptionTrigger'];
      /** CEL over `job`, `context`, `event`, `transition`, `tenant`, `workflow`; told only where it is true. */
      filter?: string | null;
      /** A WEBHOOK or INTEGRATION action as definitions have them: the connection, and the message as templates. */
      action?: { [key: string]: unknown };
      endpoint?: components['schemas']['EndpointMessage'];
      enabled?: boolean;
    };
    EndpointMessage: {
      endpoint_id: string;
      /** A template; without it `{type, timestamp, data}`. */
      body?: unknown;
      /** As in definitions; without it over some hours. */
      retry?: { [key: string]: unknown };
      timeout_ms?: number;
    };
    SubscriptionChange: {
      /** Unique in the tenant. */
      name?: string;
      /** It and all that is in it; null: the organisation. */
      scope_id?: string | null;
      /** CEL over `job`, `context`, `event`, `transition`, `tenant`, `workflow`; told only where it is true. */
      filter?: string | null;
      /** A WEBHOOK or INTEGRATION action as definitions have them: the connection, and the message as templates. */
      action?: { [key: string]: unknown };
      endpoint?: components['schemas']['EndpointMessage'];
      /** While it is false, deliveries that come due are SKIPPED. */
      enabled?: boolean;
    };
    SubscriptionPreview: {
      /** What it tells of; null: there is no job yet, and it is an example. */
      job: {
        id: string;
        key: string | null;
      } | null;
      filter: "true" | "false" | "error" | "unknown";
      /** Why it is not `true`. */
      filter_message: string | null;
      request: {
        method: string;
        url: string;
        headers: { [key: string]: string };
        body: string | null;
      } | null;
      /** Why there is no request. */
      problems: ({ [key: string]: unknown })[];
      reach: components['schemas']['SubscriptionReach'];
    };
    SubscriptionPreviewRequest: {
      /** It and all that is in it; null: the organisation. */
      scope_id?: string | null;
      trigger: components['schemas']['SubscriptionTrigger'];
      /** CEL over `job`, `context`, `event`, `transition`, `tenant`, `workflow`; told only where it is true. */
      filter?: string | null;
      /** A WEBHOOK or INTEGRATION action as definitions have them: the connection, and the message as templates. */
      action?: { [key: string]: unknown };
      endpoint?: components['schemas']['EndpointMessage'];
      /** Default: the newest job in the scope. */
      job_id?: string;
    };
    ListedDelivery: {
      /** Also its `webhook-id` and `Idempotency-Key`. */
      id: string;
      subscription_id: string;
      /** Entry of the log of the job that it tells of. */
      occurrence_id: string;
      /** The kind of its trigger, or `test`. */
      kind: string;
      job_id: string;
      workflow_id: string;
      connection_id: string | null;
      endpoint_id: string | null;
      status: "QUEUED" | "RUNNING" | "RETRYING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "UNKNOWN";
      attempts: number;
      /** Why it failed or was skipped. */
      error: { [key: string]: unknown };
      /** The receiver's id of what it made. */
      sink_message_id: string | null;
      next_attempt_at: string | null;
      created_at: string;
      finished_at: string | null;
    };
    Delivery: {
      /** Also its `webhook-id` and `Idempotency-Key`. */
      id: string;
      subscription_id: string;
      /** Entry of the log of the job that it tells of. */
      occurrence_id: string;
      /** The kind of its trigger, or `test`. */
      kind: string;
      job_id: string;
      workflow_id: string;
      connection_id: string | null;
      endpoint_id: string | null;
      status: "QUEUED" | "RUNNING" | "RETRYING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "UNKNOWN";
      attempts: number;
      /** Why it failed or was skipped. */
      error: { [key: string]: unknown };
      /** The receiver's id of what it made. */
      sink_message_id: string | null;
      next_attempt_at: string | null;
      created_at: string;
      finished_at: string | null;
      /** Any JSON value. */
      request: unknown;
      /** Any JSON value. */
      response: unknown;
      attempt_log: ({
        id: string;
        at: string;
        late: boolean;
        number: number | null;
        outcome: string | null;
        code: string | null;
        message: string | null;
        duration_ms: number | null;
        /** Any JSON value. */
        request: unknown;
        /** Any JSON value. */
        response: unknown;
      })[];
    };
    ReplayDeliveries: {
      subscription_id?: string;
      connection_id?: string;
      endpoint_id?: string;
      job_id?: string;
      statuses?: ("SUCCEEDED" | "FAILED" | "SKIPPED" | "UNKNOWN")[];
      created_after?: string;
      created_before?: string;
      /** `next_cursor` of the call before. */
      cursor?: string;
    };
    SourceWithSecret: components['schemas']['Source'] & {
      /** If it was made here: shown this once. */
      secret?: string;
    };
    Source: {
      id: string;
      kind: string;
      name: string;
      /** Where the sender posts to. */
      url: string;
      config: { [key: string]: unknown };
      is_active: boolean;
      /** The key its secret is encrypted with. */
      key_id: string;
      /** The keys of the tenant were shredded, and nobody can read the secret any more: every request fails. Give another with `rotate`. */
      secret_shredded: boolean;
      /** While a rotation overlaps: until when the secret before is accepted too. */
      previous_secret_until: string | null;
      last_received_at: string | null;
      /** Grows with every change. */
      version: number;
      created_at: string;
      updated_at: string;
    };
    NewSource: {
      kind: string;
      /** Unique in the tenant. */
      name: string;
      /** What the kind asks for: `config_schema` in `GET /api/v1/source-kinds`. */
      config?: { [key: string]: unknown };
      /** What signatures are checked with, as the sender shows it. Leave it out where Pawl can make one: it is then in the answer, once. Where only the sender makes one, often not before it has the URL, leave it out too and give it with `rotate`; until then every request is refused. */
      secret?: string;
      is_active?: boolean;
    };
    SourceChange: {
      /** Unique in the tenant. */
      name?: string;
      /** What it leaves out stays; a setting that is null goes back to its default. */
      config?: { [key: string]: unknown };
      /** Requests to one that is not are answered 404. */
      is_active?: boolean;
    };
    SourceRotation: {
      /** What signatures are checked with, as the sender shows it. Leave it out where Pawl can make one: it is then in the answer, once. Where only the sender makes one, often not before it has the URL, leave it out too and give it with `rotate`; until then every request is refused. */
      secret?: string;
      /** For so long the secret before is accepted too. More than 0 takes that no rotation overlaps yet; 0 ends one that does, and every secret but the new one. Where there is none that a sender could use, none given yet or its keys shredded, nothing overlaps. */
      overlap_hours?: number;
    };
    GapFiller: {
      connection_id: string;
      /** The webhooks at the vendor’s that send here, as what came in says. None until the first event has. */
      hooks: ({
        name: string;
        /** When something last came in from it. */
        heard_at: string;
        looked_at: string | null;
      })[];
      /** How many deliveries the vendor was asked to send again so far. */
      asked: number;
      running: boolean;
      next_look_at: string;
      last_look_at: string | null;
      /** Why the last look found out less than it should, and what to do. */
      last_error: {
        code: string;
        message: string;
      } | null;
    };
    NewGapFiller: {
      connection_id: string;
    };
    SourceKind: {
      id: string;
      title: string;
      docs_url: string;
      fields: ({
        name: string;
        label: string;
        help: string;
      })[];
      /** JSON Schema of `config`. */
      config_schema: { [key: string]: unknown };
      /** The settings a new source begins with. */
      config_template: { [key: string]: unknown };
      secret: {
        label: string;
        help: string;
        /** `vendor`: it must be given when the source is added. Otherwise it may be left out. */
        made_by: "pawl" | "vendor" | "either";
        link: string | null;
      };
      setup: {
        link: string;
        /** What to do at the sender’s side: `{url}` and `{secret}` stand for those of the source. */
        steps: (string)[];
        example_types: (string)[];
      };
      /** Sentences: what is checked, and what becomes of a request. */
      explains: {
        signature: string;
        window: string;
        delivery_id: string;
        event_type: string;
        payload: string;
        reply: string;
      };
      /** For a sender that sends everything once and can be asked to send it again (`PUT /sources/{id}/gap-filler`). Null: it sends again by itself, or keeps no list. */
      gaps: {
        /** Of the connections it can be asked through. */
        provider: string;
        /** What the token of the connection must be allowed. */
        permission: string;
      } | null;
    };
    ListedInboundEvent: {
      id: string;
      source_id: string;
      status: "RECEIVED" | "PROCESSING" | "PROCESSED" | "FAILED";
      /** Null for what was refused or ignored. */
      event_type: string | null;
      /** By which a repetition is known; null for another try, whose first try has it. */
      delivery_id: string | null;
      body_bytes: number;
      /** Why it failed: a stable `code`, a sentence, and the trigger it failed in. */
      error: { [key: string]: unknown };
      /** What each trigger that matched came to: `job_started`, `event_sent` or `no_effect`. */
      effects: ({ [key: string]: unknown })[];
      attempts: number;
      /** The first try of the event that this is another try of: by a replay, or delivered again. */
      replay_of: string | null;
      received_at: string;
      processed_at: string | null;
    };
    InboundEvent: components['schemas']['ListedInboundEvent'] & {
      /** As they came, secrets as `***`. */
      headers: ({
        name: string;
        value: string;
      })[];
      /** Null for a request that was refused. */
      body: string | null;
      body_encoding: "utf8" | "base64" | null;
      /** What triggers see as `event.payload`. */
      payload: { [key: string]: unknown };
    };
    Trigger: {
      id: string;
      source_id: string;
      /** Unique among those of its source. */
      name: string;
      /** Types it is for. `issues.*` is `issues` and all that begin with `issues.`; `*` is all. */
      event_types: (string)[];
      /** CEL over `event`, `source` and `inbound_event`; the trigger acts where it is true. */
      filter: string | null;
      action: components['schemas']['TriggerAction'];
      enabled: boolean;
      /** Triggers of a source act in this order. */
      position: number;
      version: number;
      created_at: string;
      updated_at: string;
    };
    TriggerAction: components['schemas']['StartJobAction'] | components['schemas']['SendEventAction'];
    StartJobAction: {
      type: "start_job";
      /** Id or name. */
      workflow: string;
      /** Templates: an object of them, or one that comes to an object, such as `<<event.payload>>`. */
      input?: { [key: string]: unknown } | string;
      /** CEL: the key of the job. Where a live job holds it already, none is started. */
      key?: string;
    };
    SendEventAction: {
      type: "send_event";
      /** Id or name. */
      workflow?: string;
      /** CEL: the key of the live job the event is for. */
      key: string;
      event_type: string;
      /** Templates: an object of them, or one that comes to an object, such as `<<event.payload>>`. */
      payload?: { [key: string]: unknown } | string;
    };
    NewTrigger: {
      source_id: string;
      /** Unique among those of its source. */
      name: string;
      /** Types it is for. `issues.*` is `issues` and all that begin with `issues.`; `*` is all. */
      event_types: (string)[];
      /** CEL over `event`, `source` and `inbound_event`; the trigger acts where it is true. */
      filter?: string | null;
      action: components['schemas']['TriggerAction'];
      enabled?: boolean;
      /** Triggers of a source act in this order. */
      position?: number;
    };
    TriggerChange: {
      /** Unique among those of its source. */
      name?: string;
      /** Types it is for. `issues.*` is `issues` and all that begin with `issues.`; `*` is all. */
      event_types?: (string)[];
      /** CEL over `event`, `source` and `inbound_event`; the trigger acts where it is true. */
      filter?: string | null;
      action?: components['schemas']['TriggerAction'];
      enabled?: boolean;
      /** Triggers of a source act in this order. */
      position?: number;
    };
    TriggerTrialAnswer: {
      outcome: "unmatched" | "failed" | "acts";
      /** Why it does not match, or why it fails. */
      code: string | null;
      message: string | null;
      /** Where in the trigger it fails. */
      pointer: string | null;
      /** Its action with everything put in. */
      wanted: { [key: string]: unknown };
      /** What that would come to at this moment. */
      effect: { [key: string]: unknown };
    };
    TriggerTrial: {
      /** One that was received. */
      inbound_event_id?: string;
      type?: string;
      payload?: { [key: string]: unknown };
    };
    DraftTriggerTrial: {
      source_id: string;
      /** Types it is for. `issues.*` is `issues` and all that begin with `issues.`; `*` is all. */
      event_types: (string)[];
      /** CEL over `event`, `source` and `inbound_event`; the trigger acts where it is true. */
      filter?: string | null;
      action: components['schemas']['TriggerAction'];
      /** One that was received. */
      inbound_event_id?: string;
      type?: string;
      payload?: { [key: string]: unknown };
    };
    Usage: {
      from: string;
      to: string;
      group_by: ("month" | "day" | "hour" | "connection" | "workflow" | "outcome" | "kind")[];
      items: (components['schemas']['UsageItem'])[];
    };
    UsageItem: {
      month?: string;
      day?: string;
      hour?: string;
      connection_id?: string;
      workflow_id?: string;
      outcome?: string;
      kind?: string;
      attempts: number;
      quantity: number;
      request_bytes: number;
      response_bytes: number;
    };
    Periods: {
      /** Every period that ends by then is closed. */
      closed_until: string | null;
      items: (components['schemas']['Period'])[];
      next_cursor: string | null;
    };
    Period: {
      starts_at: string;
      ends_at: string;
      status: "open" | "closed";
      closed_at: string | null;
      attempts: number;
      quantity: number;
      request_bytes: number;
      response_bytes: number;
      /** SHA-256 of its rollups at the close. */
      checksum: string | null;
      current_checksum: string;
    };
    MeteringExport: {
      id: string;
      name: string;
      destination: {
        type: "directory" | "s3" | "http";
        connection_id?: string;
        path?: string;
      };
      format: "csv" | "jsonl" | "parquet" | "cloudevents";
      interval_minutes: number;
      enabled: boolean;
      running: boolean;
      rows_exported: number;
      next_run_at: string;
      last_run_at: string | null;
      /** Of the last run; null when it succeeded. */
      last_error: {
        code: string;
        message: string;
        at: string;
      } | null;
      created_by: string;
      created_at: string;
      updated_at: string;
    };
    NewMeteringExport: {
      name: string;
      /** `directory` and `s3` are the deployment’s own (EXPORT_DIRECTORY, EXPORT_S3_BUCKET); `http` pushes batches of CloudEvents through a connection, at least once, with stable ids. */
      destination: {
        type: "directory";
      } | {
        type: "s3";
      } | {
        type: "http";
        connection_id: string;
        path?: string;
      };
      /** `http` is always `cloudevents`. */
      format?: "csv" | "jsonl" | "parquet" | "cloudevents";
      interval_minutes?: number;
      enabled?: boolean;
    };
    MeteringExportChange: {
      name?: string;
      interval_minutes?: number;
      enabled?: boolean;
    };
    Quota: {
      kind: "WebhookEgress" | "WebhookIngress";
      period: "day" | "month";
      warn_at: number | null;
      block_at: number | null;
      /** In the period that runs, as measured a second or two ago. */
      used: number;
      state: "ok" | "warned" | "blocked";
      /** Null until it is measured. */
      period_start: string | null;
      updated_at: string;
      updated_by: string;
      /** For `If-Match`; of what was set, not of what was used. */
      etag: string;
    };
    NewQuota: {
      /** Past it the event log and the page say so. */
      warn_at?: number | null;
      /** Past it transitions that would queue actions are refused with `quota_exceeded`. Not for `WebhookIngress`: an event that is refused is lost with most senders. */
      block_at?: number | null;
    };
    AuditEntry: {
      id: string;
      /** The job, connection, workflow, key … it happened to. */
      subject_id: string;
      at: string;
      kind: string;
      /** The job's revision after a transition. */
      seq: number | null;
      actor: string;
      /** Any JSON value. */
      data: unknown;
    };
    AuditChain: {
      seals: number;
      /** Entries of the log that are sealed. */
      entries: number;
      /** SHA-256, hexadecimal. */
      head: string | null;
      sealed_at: string | null;
      /** The last one that the workers made. */
      verification: {
        at: string;
        ok: boolean;
        /** Entries that were looked at. */
        entries: number;
        finding: components['schemas']['AuditFinding'];
      } | null;
      /** A worker is about to make another one. */
      verification_due: boolean;
    };
    AuditFinding: {
      kind: "changed" | "deleted" | "inserted" | "reordered" | "cut" | "copied" | "chain_broken" | "rewritten" | "checkpoint_invalid";
      /** Number of the entry in the log of the tenant, from 1. */
      nth: number;
      message: string;
      entry: {
        id: string;
        subject_id: string | null;
        at: string | null;
        kind: string | null;
      } | null;
    } | null;
    AuditCheckpoint: {
      seals: number;
      entries: number;
      /** SHA-256, hexadecimal. */
      head: string;
      at: string;
      /** The first 16 characters of the SHA-256 of the public key. */
      key_id: string;
      /** Ed25519, hexadecimal. */
      public_key: string;
      /** Hexadecimal; docs/audit.md says of which text. */
      signature: string;
      /** Where it is kept outside of the database. */
      anchor: string;
    };
    CreatedApiKey: {
      id: string;
      name: string;
      /** The first characters of the key, to recognise it by. */
      prefix: string;
      roles: (string)[];
      created_by: string;
      created_at: string;
      expires_at: string | null;
      revoked_at: string | null;
      /** To a minute or so. */
      last_used_at: string | null;
      /** Shown this once. */
      key: string;
    };
    NewApiKey: {
      name: string;
      roles?: ("Owner" | "Contributor" | "Reader" | "IntegrationCreator" | "IntegrationContributor" | "IntegrationReader")[];
      expires_at?: string;
    };
    ApiKey: {
      id: string;
      name: string;
      /** The first characters of the key, to recognise it by. */
      prefix: string;
      roles: (string)[];
      created_by: string;
      created_at: string;
      expires_at: string | null;
      revoked_at: string | null;
      /** To a minute or so. */
      last_used_at: string | null;
    };
    RoleAssignment: {
      id: string;
      principal_type: "user" | "group" | "service";
      principal_id: string;
      role: string;
      connection_id: string | null;
      created_by: string;
      created_at: string;
    };
    NewRoleAssignment: {
      principal_type: "user" | "group" | "service";
      /** The id of a user or the `sub` of a user's token; the id of a group or a name in a token's `groups`; the id of an API key. */
      principal_id: string;
      role: "Owner" | "Contributor" | "Reader" | "IntegrationCreator" | "IntegrationContributor" | "IntegrationReader" | "IdentityAccessManager";
      /** Left out: a role in the whole organisation. */
      connection_id?: string | null;
    };
    Group: {
      /** What role assignments name the group by. */
      id: string;
      name: string;
      created_by: string;
      created_at: string;
    };
    NewGroup: {
      name: string;
    };
    GroupMember: {
      id: string;
      group_id: string;
      member_type: "user" | "group";
      member_id: string;
      created_by: string;
      created_at: string;
    };
    NewGroupMember: {
      member_type: "user" | "group";
      /** The id of a user or a group, or the `sub` of a user's token. */
      member_id: string;
    };
    Member: {
      /** What role assignments and groups name the user by. */
      id: string;
      name: string;
      email: string;
      /** In the organisation; those of groups and on connections come on top. */
      roles: (string)[];
      joined_at: string;
    };
    CreatedInvitation: {
      id: string;
      email: string;
      roles: (string)[];
      status: "pending" | "accepted" | "rejected" | "canceled" | "expired";
      invited_by: string;
      created_at: string;
      expires_at: string;
      /** Shown this once: give it to the person you invite. It opens an account for that address and accepts the invitation. */
      token: string;
    };
    NewInvitation: {
      email: string;
      roles?: ("Owner" | "Contributor" | "Reader" | "IntegrationCreator" | "IntegrationContributor" | "IntegrationReader")[];
    };
    Invitation: {
      id: string;
      email: string;
      roles: (string)[];
      status: "pending" | "accepted" | "rejected" | "canceled" | "expired";
      invited_by: string;
      created_at: string;
      expires_at: string;
    };
    Me: {
      principal: {
        kind: "service" | "user";
        id: string;
        /** What the audit calls you. */
        actor: string;
        /** Of a user who signed in here. */
        name?: string;
        email?: string;
      };
      tenant: components['schemas']['Tenant'];
      roles: ("Owner" | "Contributor" | "Reader" | "IntegrationCreator" | "IntegrationContributor" | "IntegrationReader")[];
      connection_roles: ({
        connection_id: string;
        roles: ("Owner" | "Contributor" | "Reader" | "IdentityAccessManager")[];
      })[];
      /** In the whole organisation. */
      permissions: ("self.read" | "provider.read" | "workflow.read" | "workflow.write" | "job.read" | "job.start" | "job.send" | "job.cancel" | "job.migrate" | "action.read" | "action.write" | "connection.read" | "connection.create" | "connection.update" | "connection.delete" | "connection.test" | "source.read" | "source.create" | "source.update" | "source.delete" | "inbound_event.read" | "inbound_event.replay" | "trigger.read" | "trigger.write" | "scope.read" | "scope.write" | "supply.read" | "supply.write" | "endpoint.read" | "endpoint.write" | "subscription.read" | "subscription.write" | "delivery.read" | "delivery.write" | "metering.read" | "metering.export" | "metering.quota" | "audit.read" | "role.read" | "role.write" | "api_key.read" | "api_key.write" | "member.read" | "member.write" | "group.read" | "group.write" | "tenant.write")[];
    };
    Tenant: {
      id: string;
      name: string;
      slug: string;
      /** For `If-Match`. */
      etag: string;
    };
    Roles: {
      /** Roles in the whole organisation. */
      organisation: ({
        role: "Owner" | "Contributor" | "Reader" | "IntegrationCreator" | "IntegrationContributor" | "IntegrationReader";
        permissions: ("self.read" | "provider.read" | "workflow.read" | "workflow.write" | "job.read" | "job.start" | "job.send" | "job.cancel" | "job.migrate" | "action.read" | "action.write" | "connection.read" | "connection.create" | "connection.update" | "connection.delete" | "connection.test" | "source.read" | "source.create" | "source.update" | "source.delete" | "inbound_event.read" | "inbound_event.replay" | "trigger.read" | "trigger.write" | "scope.read" | "scope.write" | "supply.read" | "supply.write" | "endpoint.read" | "endpoint.write" | "subscription.read" | "subscription.write" | "delivery.read" | "delivery.write" | "metering.read" | "metering.export" | "metering.quota" | "audit.read" | "role.read" | "role.write" | "api_key.read" | "api_key.write" | "member.read" | "member.write" | "group.read" | "group.write" | "tenant.write")[];
      })[];
      /** Roles on one connection; its permissions hold for that one. */
      connection: ({
        role: "Owner" | "Contributor" | "Reader" | "IdentityAccessManager";
        permissions: ("self.read" | "provider.read" | "workflow.read" | "workflow.write" | "job.read" | "job.start" | "job.send" | "job.cancel" | "job.migrate" | "action.read" | "action.write" | "connection.read" | "connection.create" | "connection.update" | "connection.delete" | "connection.test" | "source.read" | "source.create" | "source.update" | "source.delete" | "inbound_event.read" | "inbound_event.replay" | "trigger.read" | "trigger.write" | "scope.read" | "scope.write" | "supply.read" | "supply.write" | "endpoint.read" | "endpoint.write" | "subscription.read" | "subscription.write" | "delivery.read" | "delivery.write" | "metering.read" | "metering.export" | "metering.quota" | "audit.read" | "role.read" | "role.write" | "api_key.read" | "api_key.write" | "member.read" | "member.write" | "group.read" | "group.write" | "tenant.write")[];
      })[];
      /** What takes no role. */
      everybody: ("self.read" | "provider.read" | "workflow.read" | "workflow.write" | "job.read" | "job.start" | "job.send" | "job.cancel" | "job.migrate" | "action.read" | "action.write" | "connection.read" | "connection.create" | "connection.update" | "connection.delete" | "connection.test" | "source.read" | "source.create" | "source.update" | "source.delete" | "inbound_event.read" | "inbound_event.replay" | "trigger.read" | "trigger.write" | "scope.read" | "scope.write" | "supply.read" | "supply.write" | "endpoint.read" | "endpoint.write" | "subscription.read" | "subscription.write" | "delivery.read" | "delivery.write" | "metering.read" | "metering.export" | "metering.quota" | "audit.read" | "role.read" | "role.write" | "api_key.read" | "api_key.write" | "member.read" | "member.write" | "group.read" | "group.write" | "tenant.write")[];
    };
    TenantChange: {
      name: string;
    };
    Jwks: {
      keys: ({
        kty: "OKP";
        crv: "Ed25519";
        x: string;
        /** RFC 7638: the thumbprint of the key. */
        kid: string;
        use: "sig";
        alg: "EdDSA";
      })[];
    };
  };
}

export interface paths {
  '/api/v1/workflows/validate': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['ValidateDefinition'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          valid: boolean;
          problems: (components['schemas']['DefinitionProblem'])[];
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows/simulate': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['Simulate'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Simulation'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows/{workflow}/simulate': {
    post: {
      parameters: { query?: never; header?: never; path: { workflow: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['SimulateWorkflow'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Simulation'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; archived?: "true" | "false" | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Workflow'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['CreateWorkflow'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Workflow'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows/{workflow}': {
    get: {
      parameters: { query?: never; header?: never; path: { workflow: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Workflow'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { workflow: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['UpdateWorkflow'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Workflow'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: never; path: { workflow: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows/{workflow}/jobs-per-state': {
    get: {
      parameters: { query?: never; header?: never; path: { workflow: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: ({
            version: number;
            status: "ACTIVE" | "DONE" | "ERROR" | "CANCELLED";
            current_state: string;
            jobs: number;
          })[];
          /** Statuses of which there are older jobs that were not counted: their numbers are of the newest. */
          more_of: ("ACTIVE" | "DONE" | "ERROR" | "CANCELLED")[];
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows/{workflow}/versions': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path: { workflow: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['ListedWorkflowVersion'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path: { workflow: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['SaveWorkflowVersion'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SavedWorkflowVersion'] } };
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SavedWorkflowVersion'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows/{workflow}/versions/{version}': {
    get: {
      parameters: { query?: never; header?: never; path: { workflow: string; version: number }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['WorkflowVersion'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { workflow: string; version: number }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['UpdateLayout'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['WorkflowVersion'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows/{workflow}/publish': {
    post: {
      parameters: { query?: never; header?: never; path: { workflow: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['PublishWorkflow'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Workflow'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/jobs/{id}/stream': {
    get: {
      parameters: { query?: never; header?: { 'Last-Event-ID'?: string | undefined }; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'text/event-stream': string } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/jobs': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; workflow?: string | undefined; parent?: string | undefined; status?: "ACTIVE" | "DONE" | "ERROR" | "CANCELLED" | undefined; state?: string | undefined; key?: string | undefined; created_after?: string | undefined; created_before?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['ListedJob'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: { 'Idempotency-Key'?: string | undefined }; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['StartJob'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['TransitionAnswer'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/jobs/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Job'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/jobs/{id}/log': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['LogEntry'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/jobs/{id}/cancel': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: { content: { 'application/json': {
          reason?: string;
        } } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Job'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/jobs/{id}/explain': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Explanation'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/jobs/{id}/events': {
    post: {
      parameters: { query?: never; header?: { 'Idempotency-Key'?: string | undefined; 'If-Match'?: string | undefined }; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['JobEvent'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['TransitionAnswer'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/jobs/{id}/migrate': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['MigrateJob'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Job'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows/{workflow}/migrate': {
    post: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path: { workflow: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['MigrateJobs'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['MigratedJob'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/workflows/{workflow}/impact': {
    get: {
      parameters: { query?: { version?: number | undefined }; header?: never; path: { workflow: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Impact'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/jobs/{id}/what-if': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['AskWhatIf'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['WhatIf'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/actions': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; job?: string | undefined; workflow?: string | undefined; status?: "QUEUED" | "RUNNING" | "RETRYING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "UNKNOWN" | undefined; connection?: string | undefined; name?: string | undefined; created_after?: string | undefined; created_before?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['ListedActionRun'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/actions/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ActionRun'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/actions/{id}/retry': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: { content: { 'application/json': {
          reason?: string;
        } } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ActionRun'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/actions/{id}/resend': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: { content: { 'application/json': {
          reason?: string;
        } } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ActionRun'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/actions/{id}/skip': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: { content: { 'application/json': {
          reason?: string;
        } } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ActionRun'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/connections': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; provider?: string | undefined; enabled?: "true" | "false" | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Connection'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: { 'Idempotency-Key'?: string | undefined }; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewConnection'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Connection'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/connections/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Connection'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['ConnectionChange'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Connection'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: { force?: "true" | "false" | undefined }; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/connections/{id}/rotate': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewCredentials'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Connection'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/connections/{id}/uses': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ConnectionUses'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/connections/{id}/test': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ConnectionTest'] } };
        202: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ConnectionTest'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/connections/{id}/tests/{test_id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string; test_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ConnectionTest'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/connections/{id}/limits': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ConnectionLimits'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/connections/{id}/circuit/close': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ConnectionLimits'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/connections/{id}/pause/lift': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ConnectionLimits'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/providers': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Provider'])[];
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/providers/{provider}': {
    get: {
      parameters: { query?: never; header?: never; path: { provider: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Provider'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/scopes': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['ScopeTree'])[];
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewScope'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Scope'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/scopes/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Scope'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['ScopeChange'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Scope'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/supplies': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; connection?: string | undefined; scope?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Supply'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewSupply'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Supply'] } };
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Supply'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/supplies/{id}': {
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/endpoints': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; enabled?: "true" | "false" | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Endpoint'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: { 'Idempotency-Key'?: string | undefined }; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewEndpoint'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['CreatedEndpoint'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/endpoints/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Endpoint'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['EndpointChange'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Endpoint'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/endpoints/{id}/rotate': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: { content: { 'application/json': {
          /** How long the secret before goes on to sign. 0 when it is known to strangers. */
          overlap_hours?: number;
        } } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['RotatedEndpointSecret'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/endpoints/{id}/circuit/close': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Endpoint'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/endpoints/{id}/pause/lift': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Endpoint'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/signing-keys': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SigningKeys'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/signing-keys/rotate': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: { content: { 'application/json': {
          /** How long the key before goes on to sign. 0 when it is known to strangers. */
          overlap_hours?: number;
        } } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SigningKeys'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant/signing-keys/previous': {
    delete: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/subscriptions': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; connection?: string | undefined; endpoint?: string | undefined; scope?: string | undefined; trigger?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Subscription'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: { 'Idempotency-Key'?: string | undefined }; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewSubscription'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Subscription'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/subscriptions/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Subscription'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['SubscriptionChange'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Subscription'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/subscriptions/preview': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['SubscriptionPreviewRequest'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SubscriptionPreview'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/deliveries': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; subscription?: string | undefined; job?: string | undefined; workflow?: string | undefined; connection?: string | undefined; endpoint?: string | undefined; status?: "QUEUED" | "RUNNING" | "RETRYING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "UNKNOWN" | undefined; created_after?: string | undefined; created_before?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['ListedDelivery'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/deliveries/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Delivery'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/deliveries/{id}/replay': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Delivery'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/deliveries/replay': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['ReplayDeliveries'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          replayed: number;
          more: boolean;
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/subscriptions/{id}/test': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: { content: { 'application/json': {
          /** Default: the newest it would be told of. */
          job_id?: string;
        } } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Delivery'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/sources': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; kind?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Source'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: { 'Idempotency-Key'?: string | undefined }; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewSource'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SourceWithSecret'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/sources/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Source'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['SourceChange'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Source'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/sources/{id}/rotate': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: { content: { 'application/json': components['schemas']['SourceRotation'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SourceWithSecret'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/sources/{id}/previous-secret': {
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/sources/{id}/gap-filler': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['GapFiller'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    put: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewGapFiller'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['GapFiller'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/sources/{id}/gap-filler/look': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['GapFiller'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/source-kinds': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['SourceKind'])[];
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/inbound-events': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; source?: string | undefined; status?: "RECEIVED" | "PROCESSING" | "PROCESSED" | "FAILED" | undefined; type?: string | undefined; received_after?: string | undefined; received_before?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['ListedInboundEvent'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/inbound-events/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['InboundEvent'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/inbound-events/{id}/replay': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ListedInboundEvent'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/triggers': {
    get: {
      parameters: { query?: { source?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Trigger'])[];
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: { 'Idempotency-Key'?: string | undefined }; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewTrigger'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Trigger'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/triggers/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Trigger'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['TriggerChange'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Trigger'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/triggers/{id}/test': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['TriggerTrial'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['TriggerTrialAnswer'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/triggers/test': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['DraftTriggerTrial'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['TriggerTrialAnswer'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/metering/usage': {
    get: {
      parameters: { query?: { from?: string | undefined; to?: string | undefined; group_by?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Usage'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/metering/periods': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; granularity?: "hour" | "day" | "month" | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Periods'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/metering/export': {
    get: {
      parameters: { query?: { format?: "csv" | "jsonl" | "parquet" | "cloudevents" | undefined; from?: string | undefined; to?: string | undefined; cursor?: string | undefined; after?: string | undefined; limit?: number | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'text/csv': string; 'application/x-ndjson': string; 'application/vnd.apache.parquet': string; 'application/cloudevents-batch+json': string } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/metering/exports': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['MeteringExport'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewMeteringExport'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['MeteringExport'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/metering/exports/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['MeteringExport'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['MeteringExportChange'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['MeteringExport'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/metering/exports/{id}/run': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['MeteringExport'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/metering/quotas': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Quota'])[];
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/metering/quotas/{kind}/{period}': {
    put: {
      parameters: { query?: never; header?: { 'If-Match'?: string | undefined; 'If-None-Match'?: string | undefined }; path: { kind: "WebhookEgress" | "WebhookIngress"; period: "day" | "month" }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewQuota'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Quota'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: { 'If-Match'?: string | undefined }; path: { kind: "WebhookEgress" | "WebhookIngress"; period: "day" | "month" }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/audit': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; subject_id?: string | undefined; kind?: string | undefined; actor?: string | undefined; from?: string | undefined; to?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['AuditEntry'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/audit/chain': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['AuditChain'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/audit/checkpoints': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['AuditCheckpoint'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/audit/verifications': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': {
          asked: boolean;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/api-keys': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['ApiKey'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewApiKey'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['CreatedApiKey'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/api-keys/{id}/revoke': {
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ApiKey'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/role-assignments': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined; principal_type?: "user" | "group" | "service" | undefined; principal_id?: string | undefined; connection_id?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['RoleAssignment'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewRoleAssignment'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['RoleAssignment'] } };
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['RoleAssignment'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/role-assignments/{id}': {
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/groups': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Group'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewGroup'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Group'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/groups/{id}': {
    get: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Group'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    patch: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewGroup'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Group'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/groups/{id}/members': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['GroupMember'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewGroupMember'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['GroupMember'] } };
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['GroupMember'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/groups/{id}/members/{member_id}': {
    delete: {
      parameters: { query?: never; header?: never; path: { id: string; member_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/members': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Member'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/members/{id}': {
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/invitations': {
    get: {
      parameters: { query?: { limit?: number | undefined; cursor?: string | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': {
          items: (components['schemas']['Invitation'])[];
          next_cursor: string | null;
        } } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['NewInvitation'] } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['CreatedInvitation'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/invitations/{id}': {
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        204: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/me': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Me'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/roles': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Roles'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/v1/tenant': {
    patch: {
      parameters: { query?: never; header?: { 'If-Match'?: string | undefined }; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': components['schemas']['TenantChange'] } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Tenant'] } };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/integrations/webhook/{source_id}': {
    post: {
      parameters: { query?: never; header?: never; path: { source_id: string }; cookie?: never };
      requestBody?: { content: { 'application/octet-stream': string } };
      responses: {
        200: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
  '/api/tenants/{tenant_id}/jwks.json': {
    get: {
      parameters: { query?: never; header?: never; path: { tenant_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/jwk-set+json': components['schemas']['Jwks'] } };
        304: { headers: { [name: string]: unknown }; content?: never };
        default: { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } };
      };
    };
  };
}
