// Where in a text of JSON a pointer points. Pure, over the tree that the editor has parsed anyway.
import type { syntaxTree } from '@codemirror/language';
import { partsOf } from '../designer/document/pointers.ts';

type Tree = ReturnType<typeof syntaxTree>;
type SyntaxNode = Tree['topNode'];

export interface Range {
  from: number;
  to: number;
}

/**
 * The value; of an object or a list only the key that it stands under, as a whole screen underlined says nothing. What is
 * not there is where it would have to be.
 */
export function rangeOf(tree: Tree, text: string, pointer: string): Range {
  let at: SyntaxNode | null = tree.topNode.firstChild;
  let name: SyntaxNode | null = null;
  for (const part of partsOf(pointer)) {
    const found: { value: SyntaxNode | null; name: SyntaxNode | null } | null =
      at?.name === 'Object'
        ? memberOf(at, text, part)
        : at?.name === 'Array'
          ? elementOf(at, Number(part))
          : null;
    if (!found?.value) break;
    at = found.value;
    name = found.name;
  }
  if (at === null) return { from: 0, to: Math.min(1, text.length) };
  if (at.name !== 'Object' && at.name !== 'Array') return { from: at.from, to: at.to };
  return name ? { from: name.from, to: name.to } : { from: at.from, to: at.from + 1 };
}

function memberOf(object: SyntaxNode, text: string, key: string) {
  for (const property of object.getChildren('Property')) {
    const name = property.getChild('PropertyName');
    if (name && read(text.slice(name.from, name.to)) === key) {
      return { value: property.lastChild === name ? null : property.lastChild, name };
    }
  }
  return null;
}

const VALUES = new Set(['Object', 'Array', 'String', 'Number', 'True', 'False', 'Null']);

function elementOf(array: SyntaxNode, index: number) {
  let n = 0;
  for (let child = array.firstChild; child; child = child.nextSibling) {
    if (VALUES.has(child.name) && n++ === index) return { value: child, name: null };
  }
  return null;
}

function read(name: string): string | null {
  try {
    return JSON.parse(name);
  } catch {
    return null;
  }
}
