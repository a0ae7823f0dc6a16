// What roles may do, as the server decides by it: a line for each kind of thing, a column for each role.
import type { Resource } from '../api/client.ts';
import classes from './settings.module.css';

type Permission = Resource<'Me'>['permissions'][number];
type Roles = readonly { role: string; permissions: readonly Permission[] }[];

export function RoleTable({
  label,
  roles,
  everybody = [],
}: {
  label: string;
  roles: Roles;
  /** What takes no role, and is left out. */
  everybody?: readonly Permission[];
}) {
  const held = [...new Set(roles.flatMap(({ permissions }) => permissions))].filter(
    (permission) => !everybody.includes(permission),
  );
  const things = [...new Set(held.map((permission) => permission.split('.')[0] ?? permission))].sort();
  return (
    // Wider than a small screen: it can be scrolled by the keyboard too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable
    <section className={classes.scrolls} tabIndex={0} aria-label={label}>
      <table className={classes.matrix}>
        <thead>
          <tr>
            <th scope="col" style={{ textAlign: 'left' }}>
              On
            </th>
            {roles.map(({ role }) => (
              <th key={role} scope="col">
                {role}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {things.map((thing) => (
            <tr key={thing}>
              <th scope="row">{thing.replaceAll('_', ' ')}</th>
              {roles.map(({ role, permissions }) => (
                <td key={role}>{allowed(thing, permissions, held)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The verbs of a thing; `all` where a role has every one that any role has. */
function allowed(thing: string, permissions: readonly string[], held: readonly string[]): string {
  const verbsIn = (list: readonly string[]) =>
    list.filter((one) => one.startsWith(`${thing}.`)).map((one) => one.slice(thing.length + 1));
  const verbs = verbsIn(permissions);
  if (verbs.length === 0) return '–';
  return verbs.length > 1 && verbs.length === verbsIn(held).length ? 'all' : verbs.join(', ');
}
