// Writes docs/errors.md from the registry of error codes: `node docs/generate-errors.ts`.
import { writeFileSync } from 'node:fs';
import { ERROR_CODES } from '../engine/error-codes.ts';

export const ERRORS_FILE = new URL('./errors.md', import.meta.url);

export function errorsDocument(): string {
  const sections = Object.entries(ERROR_CODES).map(([title, codes]) => {
    const rows = Object.entries(codes).map(
      ([code, meaning]) => `| <a id="${code}"></a>\`${code}\` | ${meaning.replaceAll('|', '\\|')} |`,
    );
    return `## ${title}\n\n| code | meaning |\n|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Errors

<!-- Made from engine/error-codes.ts by \`node docs/generate-errors.ts\`. -->

The API answers an error as a problem document (RFC 9457), \`application/problem+json\`:

\`\`\`json
{
  "type": "https://pawl.dev/problems/stale_revision",
  "title": "Not possible in the present state",
  "status": 409,
  "detail": "The job is at revision 7, not 6. Read it again, then decide.",
  "code": "stale_revision",
  "revision": 7,
  "request_id": "019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f"
}
\`\`\`

Decide by \`code\`: it never changes its meaning, while sentences may get better. Where input is wrong, \`problems\` lists
every place at once with its JSON pointer: into the body, or \`/query/…\` for the query. Statuses: 400 malformed JSON,
401 not signed in, 403 not allowed, 404 not there or not yours, 409 not possible as things are, 413 too large, 415 not
JSON, 422 input that is wrong, 429 too many, 500 our fault, 503 try again. The command line prints the same codes.

${sections.join('\n')}`;
}

if (import.meta.main) writeFileSync(ERRORS_FILE, errorsDocument());
