// A job's current state: parts of a parallel one stand apart.
import classes from './state-name.module.css';

export function StateName({ state }: { state: string }) {
  return (
    <span className={classes.states}>
      {state.split(',').map((path) => (
        <code key={path} className={classes.state}>
          {path}
        </code>
      ))}
    </span>
  );
}
