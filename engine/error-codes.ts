// Every code an error may carry, with what it means and what to do: docs/errors.md is made from it, and a test finds
// codes that are thrown and not listed here, or listed and thrown no more.

/** By what they are about, in the order in which a newcomer meets them. */
export const ERROR_CODES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Who is asking': {
    credentials_missing: 'The request has no `Authorization: Bearer …` header. Send an API key or a token.',
    invalid_credentials:
      'The API key or token is not one that is accepted here; the sentence says what is wrong with a token.',
    api_key_revoked: 'The API key was revoked. Create another one.',
    api_key_expired: 'The API key has expired. Create another one.',
    signature_refused:
      'A webhook is not signed as its source asks; the stored attempt says to the owner of the source why.',
    token_expired: 'The token has expired. Get a fresh one from your identity provider.',
    jwks_unavailable:
      'The keys of the identity provider cannot be fetched, so no token can be checked. Try again.',
    session_ended: 'The session has ended, or was ended. Sign in again.',
    tenant_not_chosen:
      'The session does not say which organisation it works for, or that one no longer has you. Send `X-Pawl-Tenant`.',
    foreign_origin:
      'A request with a cookie came from another origin, or without `X-Pawl-Request: 1`: it may be another page’s.',
    sign_in_refused: 'Signing in, or what comes with it, was refused; `reason` says why in one word.',
    sign_in_off: 'Nobody can sign in here: `AUTH_SECRET` and `PUBLIC_URL` are not set.',
    rate_limited: 'Too many requests from one address, account or tenant; wait as `Retry-After` says.',
    forbidden:
      'Your roles do not allow it; `permission` names what it takes. Ask an Owner for a role that has it.',
  },
  'The request': {
    malformed_json: 'The body is not JSON in UTF-8.',
    unsupported_media_type: 'The body was sent as something else than `application/json`.',
    body_incomplete: 'The connection broke before the whole body had come. Send it again.',
    body_too_large: 'The body has more bytes than are accepted; `max_bytes` says how many are.',
    number_too_large: 'A number in the body is larger than can be held. Send it as text.',
    json_too_deep: 'The JSON is nested deeper than anything stored here may be.',
    text_not_storable:
      'A text holds U+0000 or half of a surrogate pair, which Postgres cannot store. Leave it out.',
    invalid_request: 'The request does not have the expected shape; `problems` names every place.',
    invalid_cursor: 'The cursor is none that this list gave. Begin again without one.',
    invalid_time_range:
      '`from` is not before `to`, or there is more between them than one request may look through. Ask for less at a time.',
    invalid_idempotency_key: 'An Idempotency-Key is 1 to 255 visible ASCII characters.',
    idempotency_key_reused: 'The same Idempotency-Key came with another request before. Use a new one.',
    invalid_if_match: 'If-Match does not hold a revision in quotes, as an ETag gave it.',
    route_not_found: 'There is no such path, or not with this method.',
  },
  'What is not there': {
    action_run_not_found: 'There is no such action run, or it is not yours.',
    api_key_not_found: 'There is no such API key, or it is not yours.',
    connection_not_found: 'There is no such connection, or it is not yours.',
    connection_test_not_found: 'There is no such test of this connection, or it is not yours.',
    group_not_found: 'There is no such group, or it is not yours.',
    group_member_not_found: 'There is nobody of this id in the group.',
    invitation_not_found: 'There is no such invitation that is still open, or it is not yours.',
    provider_not_found: 'There is no such provider; `GET /api/v1/providers` lists them.',
    member_not_found: 'Nobody of this id is a member.',
    inbound_event_not_found: 'There is no such inbound event, or it is not yours.',
    job_not_found: 'There is no such job, or it is not yours; for a trigger: no live job holds the key.',
    role_assignment_not_found: 'There is no such role assignment, or you may not see it.',
    source_not_found: 'There is no such source, or it is not yours, or (for a webhook) it is switched off.',
    gap_filler_not_found: 'Nobody has had the gaps of this source filled.',
    trigger_not_found: 'There is no such trigger, or it is not yours.',
    delivery_not_found: 'There is no such delivery, or it is not yours.',
    endpoint_not_found: 'There is no such endpoint, or it is not yours.',
    signing_key_not_found:
      'Nobody has public keys there: no such organisation, or nothing of it is signed by a key.',
    scope_not_found: 'There is no such scope, or it is not yours.',
    subscription_not_found: 'There is no such subscription, or it is not yours.',
    supply_not_found: 'There is no such supply, or it is not yours.',
    workflow_not_found: 'There is no such workflow, or it is not yours.',
    workflow_version_not_found: 'There is no such version of this workflow.',
    user_not_found: 'Nobody signs in by a password under this address.',
    tenant_not_found: 'There is no such tenant.',
  },
  Workflows: {
    definition_invalid: 'The definition has errors; `problems` names every one with its JSON pointer.',
    workflow_name_taken: 'Another workflow of the tenant has this name. Choose another one.',
    version_conflict:
      '`based_on` is not the latest version: somebody has saved another one since, whose number is `latest`. Look at what it changed, then save yours with `based_on` of that number.',
    workflow_not_published: 'No version is published, so no job can be started. Publish one.',
    workflow_archived:
      'The workflow is archived: its jobs go on, but it starts no new ones. Bring it back with `PATCH {"archived": false}`.',
    workflow_has_jobs: 'A workflow with jobs cannot be deleted. Archive it.',
    invalid_simulation: 'What is to be simulated does not fit together; `problems` says where.',
    unknown_state: 'The definition has no such state to simulate from.',
  },
  Jobs: {
    no_transition: 'No state the job is in knows this event; `next_events` lists those it does know.',
    guard_refused: 'Every transition for the event has a guard that said no; `verdicts` says which and why.',
    job_not_active: 'The job is over. Start another one.',
    reserved_event: "Event types that begin with `xstate.` are the engine's own.",
    stale_revision: 'The job has moved on; `revision` says where it is. Read it again, then decide.',
    job_not_migratable:
      'The job cannot go on in that version where it stands; `problems` says which states to map.',
    job_log_incomplete:
      'The log of the job no longer reaches back to its start: what is older was dropped by the retention.',
    log_not_replayable: 'The log of the job, gone through again, does not lead where the job went.',
    job_contended: 'Too many others moved the job at the same time. Try again.',
    job_key_taken:
      'Another live job of the workflow holds this key; `job_id` names it. Send the event to that one, or choose another key.',
    job_not_startable: 'A job that was to be started cannot be; the sentence says why.',
    evaluation_failed: 'An expression of the definition failed on this input; `pointer` names it.',
    loop_limit: 'The transition raised events without end. Give what raises them a guard that stops it.',
    cascade_limit:
      'The transition sent more than 64 events and started jobs, those of the jobs it reached among them.',
    too_large:
      'The context, or what the transition carries, is larger than can be stored. Keep what is large elsewhere, and its address in the context.',
    too_many_streams: 'The tenant watches too many jobs at once. Close a stream first.',
  },
  Actions: {
    action_not_failed: 'Only a FAILED action is retried; `status` says what it is.',
    action_not_unknown: 'Only an action whose outcome is UNKNOWN is resent; `status` says what it is.',
    action_not_skippable: 'The action is over already, so there is nothing to skip; `status` says how.',
    action_running: 'A worker is sending it at this moment. Wait for its outcome.',
    action_list_busy:
      'An earlier action of the same transition is still to come. Wait until it is over, or skip it.',
  },
  'Sources, inbound events and triggers': {
    invalid_source: 'Settings or secret do not fit the kind of source; `problems` says where.',
    source_name_taken: 'Another source of the tenant has this name. Choose another one.',
    source_rotation_overlaps:
      'A rotation of the secret overlaps still. Wait until `previous_secret_until`, end it with `DELETE /sources/{id}/previous-secret` once the sender has the new secret, or rotate with `overlap_hours` 0.',
    gaps_not_askable:
      'What this kind of sender missed cannot be asked for: it sends again by itself, or keeps no list of what it sent.',
    gaps_wrong_provider:
      'The connection is of a provider through which this kind of sender cannot be asked; the sentence names the one that it can be.',
    gaps_refused:
      'The vendor of a source refused to list what it sent, or to send it again; the sentence says what the token needs.',
    gaps_hook_not_found:
      'The vendor of a source knows no such webhook, or not for this token; the sentence says what that needs.',
    gaps_hook_unknown:
      'Nothing has come in that says which of the vendor’s webhooks sends to the source. The first request does.',
    gaps_too_long:
      'The vendor of a source has sent more than one look for gaps reads. Look at the vendor’s for what is older.',
    gaps_unreadable:
      'The vendor of a source answered with something else than a list of what it sent. Look at the base URL of the connection.',
    gaps_failed: 'A look for gaps of a source broke off. The next one begins anew.',
    gaps_wait:
      'The connection through which gaps of a source are filled has no room: a pause, its rate or its circuit. It goes on by itself.',
    invalid_trigger: 'Expressions, templates or names of the trigger are wrong; `problems` says where.',
    trigger_name_taken: 'The source has another trigger of this name. Choose another one.',
    too_many_triggers: 'The source has as many triggers as one can have. Let one do the work of several.',
    inbound_event_not_replayable: 'The event cannot be processed again; the sentence says why.',
    job_key_ambiguous: 'Several live jobs hold the key: the trigger must say of which workflow.',
    processing_failed: 'Processing the event was begun again and again and never ended; the log says why.',
    source_deleted: 'The source was deleted before the event was processed.',
    trigger_unusable: 'The trigger as it is stored is not one that could be saved today. Save it again.',
  },
  Notifications: {
    scope_kind_wrong: 'Stacks hold namespaces, namespaces modules, and modules workflows.',
    scope_name_taken: 'Another scope of the same parent has this name. Choose another one.',
    scope_not_empty:
      'Something still stands in the scope: a scope, a workflow, a supply or a subscription. Move or delete it first.',
    endpoint_invalid: 'The URL of an endpoint leads where nothing may be sent; `problems` says why.',
    signing_key_rotation_overlaps:
      'A rotation of the signing key overlaps still. Wait until `expires_at` of the key before, end it with `DELETE /tenant/signing-keys/previous` once receivers have the new key, or rotate with `overlap_hours` 0.',
    endpoint_in_use: 'Subscriptions go to the endpoint. Delete them first, or disable the endpoint.',
    subscription_invalid:
      'The message or the filter of a subscription has errors; `problems` names every one.',
    subscription_name_taken: 'Another subscription of the tenant has this name. Choose another one.',
    nothing_to_test_with:
      'No job stands where the subscription looks, so there is nothing to say. Start one.',
    delivery_under_way: 'The delivery is not over: it goes out without your doing anything.',
  },
  'Connections, keys and roles': {
    invalid_connection:
      'The credentials do not fit the provider, or lead where nothing may be sent; `problems` says where.',
    connection_name_taken: 'Another connection of the tenant has this name. Choose another one.',
    connection_in_use:
      'Workflows, subscriptions, scheduled exports or sources use the connection: `workflows`, `subscriptions`, `metering_exports` and `sources` name them, and are null where you may not read those. `force=true` deletes it nevertheless.',
    connection_test_unavailable:
      'The provider has no call that could be made without effect. Use the connection in a workflow, and look at its first attempt.',
    group_name_taken: 'Another group of the tenant has this name. Choose another one.',
    group_cycle: 'A group cannot be in itself, nor in a group that is in it.',
    last_owner: 'The organisation would have no Owner left. Make another Owner first.',
    member_already: 'Whoever is invited is a member already.',
    expiry_in_the_past: 'An API key cannot expire before it is made. Give a later moment, or none.',
    quota_exceeded:
      'The organisation has used up what its quota allows; `kind`, `period` and `block_at` say which. It ends with the period, or when the quota is raised.',
    settings_changed:
      'Somebody has changed it since the `etag` of If-Match was read; `etag` is the one it has now, null when it is gone. Read it again, then decide.',
    quota_cannot_block:
      'Inbound events can be warned of, and are never refused for a quota. Set `warn_at` alone.',
    quota_not_found: 'There is no such quota.',
    metering_export_not_found: 'There is no such export.',
    metering_export_name_taken: 'Another export of the tenant has this name. Choose another one.',
    export_destination_unavailable:
      'The server is not set up for exports to this destination; whoever operates it sets EXPORT_DIRECTORY or EXPORT_S3_BUCKET.',
    connection_disabled:
      'The connection of a standing export is disabled. Enable it, and the export goes on.',
    export_failed: 'A standing export could not deliver; it is tried again, and nothing is skipped.',
    export_refused: 'The receiver of a standing export answered something other than 2xx; it is sent again.',
    export_waits:
      'The connection of a standing export has no room: a pause, its rate or its circuit. It goes on by itself.',
    too_many_groups: 'The usage asked for has too many groups. Ask for a shorter time, or group by less.',
    tenant_invalid: 'A tenant needs a name, a slug and a shard that fit.',
    tenant_slug_taken: 'Another tenant has this slug. Choose another one.',
  },
  'Not now': {
    tenant_key_changed: 'The keys of the tenant were changed at this moment. Try again.',
    move_stopped: 'A move of a tenant was stopped. Run it again to go on.',
    database_unavailable: 'The database does not answer. Nothing is lost; try again.',
    database_not_migrated: 'The database does not have the tables of this version: run `pawl migrate`.',
    internal_error: 'Something nobody foresaw. The log has it under `request_id`.',
  },
  'Starting and operating': {
    citus_missing:
      'The database lacks the extension "citus", which lays the tables out over several servers.',
    citus_needs_superuser: 'Only a superuser can lay the tables out over several servers.',
    processes_running: 'Something works on the database that must stand still for this. Stop it first.',
    transactions_unfinished:
      'A transaction over several servers of the database waits for its end on one of them. Citus ends it within a minute.',
    config_invalid: 'Environment variables are wrong; `problems` names every one.',
    encryption_key_invalid: 'The encryption key variables are wrong; `problems` names every one.',
    key_missing: 'Something is stored under a master key that is not configured. Add that key back.',
    key_mismatch:
      'A key has the id of another one that is in use. Give it an id of its own, or the right key.',
    dev_key_unreadable: 'The key file of the development mode cannot be read.',
    key_in_use:
      'The master key cannot be retired: something is under it, or it is the one that wraps. `pawl keys status` says what; `pawl keys rotate` takes it away.',
    data_key_unreadable:
      'The data key of a tenant does not unwrap: it was changed, moved, or wrapped by another key than it says. Restore it, or store the credentials anew.',
    credential_shredded:
      'The data key of the credential was deleted (`pawl tenants shred`). Store the credential anew.',
    tenant_not_rotated:
      'Secrets of the tenant are directly under a master key, so shredding would leave them. Run `pawl keys rotate`.',
    tenant_moving:
      'The tenant is being moved to another shard: by another process, or to another one than was named.',
    tenant_there_already: 'The tenant is on that shard.',
    move_not_found: 'The tenant is not being moved.',
    move_switched:
      'The tenant is on the other shard by now, so the move cannot be ended. Finish it (`pawl tenants move`), and then move it back.',
    move_pause_too_long:
      'The tenant would have to stand still for longer than it may, so it works on where it is. Try again at a quieter time.',
    move_left_rows:
      'After a move there are rows where the tenant was which are not where it is; they were left for a person to look at.',
    move_needs_one_postgres: 'On Citus a tenant cannot be moved from one shard to another.',
    kms_unavailable: 'The key service does not answer. Actions that need it wait.',
    anchor_holds_another: 'S3 keeps another checkpoint with as many seals; see the message.',
    audit_not_anchored: 'No checkpoints of the audit are kept: set `AUDIT_SIGNING_KEY` and `AUDIT_ANCHOR`.',
    log_altered:
      'A log is not what was sealed, in a way that no restore explains. What it may be: `pawl audit verify`.',
    anchor_unavailable:
      'Checkpoints of the audit cannot be kept in S3, or read there; the sentence says what it answered.',
    log_position_behind:
      'The database was restored into a server that counted fewer transactions. `pawl migrate` makes the log go on.',
    kms_throttled: 'The key service is asked too often. Actions that need it wait.',
    kms_denied:
      'The key service does not let Pawl use the key: credentials or policy. Actions that need it wait.',
    kms_key_unusable:
      'The key is disabled, about to be deleted, or not there: enable or restore it. Actions that need it wait.',
    credential_unreadable:
      'A stored credential does not decrypt: it was changed, or moved from where it belongs. Store it anew.',
    credential_binding_invalid: 'A credential was to be encrypted for no particular place.',
    postgres_too_old: 'Pawl needs Postgres 15 or newer.',
    not_migrated: 'The database does not have the tables of this version: run `pawl migrate`.',
    embedded_postgres_running:
      'Another process runs the embedded Postgres of this folder. Stop it, or choose another PAWL_DIRECTORY.',
    embedded_postgres_failed: 'The embedded Postgres could not be started; the sentence says why.',
    embedded_postgres_unsupported: 'There is no embedded Postgres for this machine. Set DATABASE_URL.',
    cannot_listen:
      'The address or port of the API cannot be listened on: something else does, or it is not of this machine. The sentence names it.',
    start_failed: 'A process of Pawl could not start; its log says why.',
    api_key_missing: 'The command line needs an API key. Set PAWL_API_KEY.',
    api_unreachable: 'The command line cannot reach the API. Start Pawl, or set PAWL_URL.',
    plan_forbidden:
      'The API key may not do what the plan takes; nothing was changed. Use one with the roles it names.',
    plan_outdated:
      'Something was changed between the plan and its confirmation; nothing was done. Run it again.',
    folder_not_empty: 'Files would be written over others. Name another folder, or say --force.',
    demo_not_settled: 'The demo did not come to its end in time.',
  },
  'What should not happen': {
    definition_not_valid: 'A stored definition is not one that could have been saved.',
    no_such_action: 'An action run points at an action its definition does not have.',
    action_not_translated: 'The engine met an action of XState that it does not know.',
    snapshot_unusable: 'The stored state of a job does not fit its definition.',
  },
};
