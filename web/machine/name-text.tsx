// A name that may go on in the next line, as sizes.ts counts on it.
import { Fragment } from 'react';
import { piecesOf } from './sizes.ts';

export function NameText({ text }: { text: string }) {
  return piecesOf(text).map((piece, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a piece may be there twice, and has no state
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {piece}
    </Fragment>
  ));
}
