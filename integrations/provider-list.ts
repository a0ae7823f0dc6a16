// Made from the files of integrations/providers/ by `npm run docs`; a test fails when it is not current.
import type { Provider } from './provider.ts';
import { anthropic } from './providers/anthropic.ts';
import { awsSsm } from './providers/aws_ssm.ts';
import { cloudflare } from './providers/cloudflare.ts';
import { datadog } from './providers/datadog.ts';
import { genericRest } from './providers/generic_rest.ts';
import { github } from './providers/github.ts';
import { gitlab } from './providers/gitlab.ts';
import { jira } from './providers/jira.ts';
import { linear } from './providers/linear.ts';
import { pagerduty } from './providers/pagerduty.ts';
import { resend } from './providers/resend.ts';
import { sendgrid } from './providers/sendgrid.ts';
import { slack } from './providers/slack.ts';
import { twilio } from './providers/twilio.ts';

/** In the order of their ids. */
export const providers: readonly Provider[] = [
  anthropic,
  awsSsm,
  cloudflare,
  datadog,
  genericRest,
  github,
  gitlab,
  jira,
  linear,
  pagerduty,
  resend,
  sendgrid,
  slack,
  twilio,
];
