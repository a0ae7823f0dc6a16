// How large the text makes what is drawn. A name is never cut off: what is too long for one line goes on in the next.
import type { DrawnEdge, DrawnState, DrawnTransition } from './graph.ts';

interface Size {
  width: number;
  height: number;
}

// Measured from the fonts of app.css at the sizes of machine-view.module.css; too wide by a little is right.
const KEY_FONT_PX = 13;
const KEY_LINE_PX = 18;
const ROW_FONT_PX = 11.5;
const ROW_PX = 20;
/** With a name of one line. */
export const HEADER_PX = 34;
const STATE_WIDTH_MIN_PX = 96;
const STATE_WIDTH_MAX_PX = 300;
const STATE_PADDING_PX = 28;
const LABEL_WIDTH_MAX_PX = 220;
const LABEL_PADDING_PX = 16;

/** Without what is inside. */
export function sizeOf(state: DrawnState): Size {
  if (state.kind === 'history') return { width: 36, height: 36 };
  const rows = rowsOf(state);
  const widest = Math.max(
    textWidth(state.key, KEY_FONT_PX),
    ...rows.map(({ text }) => textWidth(text, ROW_FONT_PX) + 4),
  );
  const width = Math.min(
    STATE_WIDTH_MAX_PX,
    Math.max(STATE_WIDTH_MIN_PX, Math.ceil(widest) + STATE_PADDING_PX),
  );
  const room = width - STATE_PADDING_PX;
  const header = HEADER_PX + (linesOf(state.key, KEY_FONT_PX, room) - 1) * KEY_LINE_PX;
  const rowLines = rows.reduce((sum, { text }) => sum + linesOf(text, ROW_FONT_PX, room - 4), 0);
  return { width, height: header + (rows.length === 0 ? 0 : rowLines * ROW_PX + 10) };
}

export interface Row {
  kind: 'entry' | 'exit' | 'invoke' | 'inner';
  text: string;
}

/** What a state says of itself beside its name. */
export function rowsOf(state: DrawnState): Row[] {
  const say = (kind: Row['kind'], verb: string) => (action: { kind: string; name: string | null }) => ({
    kind,
    text: `${verb} ${action.name ?? action.kind}`,
  });
  return [
    ...state.invokes.map(say('invoke', 'waits for')),
    ...state.entry.map(say('entry', 'entry')),
    ...state.exit.map(say('exit', 'exit')),
    ...state.inner.map((transition) => ({ kind: 'inner' as const, text: labelLine(transition) })),
  ];
}

/** One transition in one line: what triggers it, that it is guarded, how many actions it carries. */
export function labelLine({ label, guard, actions }: DrawnTransition): string {
  const count =
    actions.length === 0
      ? ''
      : ` / ${actions.length === 1 ? (actions[0]?.name ?? actions[0]?.kind) : `${actions.length} actions`}`;
  return `${label}${guard === null ? '' : ' [guard]'}${count}`;
}

/** Of what stands on a line. */
export function labelSizeOf({ transitions }: DrawnEdge): Size {
  const texts = transitions.map(labelLine);
  const widest = Math.max(...texts.map((text) => textWidth(text, ROW_FONT_PX)));
  const width = Math.min(LABEL_WIDTH_MAX_PX, Math.ceil(widest + LABEL_PADDING_PX));
  const room = width - LABEL_PADDING_PX;
  const lines = texts.reduce((sum, text) => sum + linesOf(text, ROW_FONT_PX, room), 0);
  return { width, height: lines * ROW_PX + 4 };
}

/** Between these a line may end. */
export const piecesOf = (text: string): string[] => text.split(/(?<=[ _.-])/);

/** As a browser breaks it (`overflow-wrap: anywhere`): between pieces, and within one that is wider than a line. */
function linesOf(text: string, fontPx: number, roomPx: number): number {
  let [lines, used] = [1, 0];
  for (const piece of piecesOf(text)) {
    // The space at the end of a line takes no room.
    const wide = textWidth(piece.trimEnd(), fontPx);
    if (used > 0 && used + wide > roomPx) [lines, used] = [lines + 1, 0];
    for (const char of piece) {
      const next = textWidth(char, fontPx);
      if (used > 0 && used + next > roomPx && char !== ' ') [lines, used] = [lines + 1, 0];
      used += next;
    }
  }
  return lines;
}

/**
 * As wide as the text gets where a browser gives each letter whole pixels, in which they are widest: a line too many does
 * no harm, and one too few is cut off. In pixels.
 */
function textWidth(text: string, fontPx: number): number {
  let ems = 0;
  for (const char of text) {
    if (/[MWmw@%]/.test(char)) ems += 1.045;
    else if (/[A-ZÄÖÜ0-9&+=<>~]/.test(char)) ems += 0.785;
    else if (/[ijlftr.,:;'|! [\]()/]/.test(char)) ems += 0.4;
    else if (WIDE.test(char)) ems += 1.1;
    else ems += 0.62;
  }
  return ems * fontPx;
}

/** Signs of Chinese, Japanese and Korean, and pictures, are as wide as they are high. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u;
