// The sign of a provider: its own where the icon set has it, its first letters otherwise.
import {
  type Icon,
  IconBrandAws,
  IconBrandCloudflare,
  IconBrandGithub,
  IconBrandGitlab,
  IconBrandSlack,
  IconBrandTwilio,
  IconTicket,
  IconWorldWww,
} from '@tabler/icons-react';
import classes from './provider-mark.module.css';

const ICONS: Readonly<Record<string, Icon>> = {
  aws_ssm: IconBrandAws,
  cloudflare: IconBrandCloudflare,
  generic_rest: IconWorldWww,
  github: IconBrandGithub,
  gitlab: IconBrandGitlab,
  jira: IconTicket,
  slack: IconBrandSlack,
  twilio: IconBrandTwilio,
};

const HUES = 360;

export function ProviderMark({
  provider,
  title,
  size = 36,
}: {
  provider: string;
  title: string;
  size?: number;
}) {
  const Sign = ICONS[provider];
  const style = { width: size, height: size, '--hue': hueOf(provider) } as React.CSSProperties;
  return (
    <span className={classes.mark} style={style} aria-hidden>
      {Sign ? <Sign size={size * 0.56} stroke={1.7} /> : title.slice(0, 2)}
    </span>
  );
}

/** The same for a provider everywhere. */
function hueOf(text: string): number {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 100_003;
  return sum % HUES;
}
