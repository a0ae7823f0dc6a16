// The search of the documentation: titles, headings and words in code, of an index that was made with the pages.
import { index } from '/docs/search-index.js';

const RESULTS_MAX = 12;
const place = document.getElementById('search');
const input = document.createElement('input');
const list = document.createElement('ul');
Object.assign(input, { type: 'search', placeholder: 'Search', autocomplete: 'off' });
input.setAttribute('aria-label', 'Search the documentation');
list.setAttribute('aria-live', 'polite');
place?.append(input, list);

/** Lower is better; null: not every word is there. */
function rank({ page, heading, words }, wanted) {
  let total = heading === page ? 0 : 1;
  for (const word of wanted) {
    const title = heading.toLowerCase();
    if (title.startsWith(word)) total += 0;
    else if (title.includes(word)) total += 1;
    else if (words.includes(word)) total += 3;
    else if (page.toLowerCase().includes(word)) total += 4;
    else return null;
  }
  return total;
}

function show() {
  const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return list.replaceChildren();
  const found = index
    .map((entry) => ({ entry, at: rank(entry, wanted) }))
    .filter(({ at }) => at !== null)
    .sort((one, other) => one.at - other.at)
    .slice(0, RESULTS_MAX)
    .map(({ entry }) => result(entry));
  if (found.length > 0) return list.replaceChildren(...found);
  const nothing = document.createElement('p');
  nothing.textContent = 'Nothing was found.';
  list.replaceChildren(nothing);
}

function result({ page, heading, url }) {
  const item = document.createElement('li');
  const link = document.createElement('a');
  const where = document.createElement('span');
  link.href = url;
  link.textContent = heading;
  where.textContent = heading === page ? '' : page;
  link.append(where);
  item.append(link);
  return item;
}

input.addEventListener('input', show);
place?.addEventListener('keydown', (event) => {
  const links = [...list.querySelectorAll('a')];
  const at = links.indexOf(document.activeElement);
  if (event.key === 'Escape') {
    input.value = '';
    show();
    input.focus();
  } else if (event.key === 'ArrowDown') (links[at + 1] ?? links[0])?.focus();
  else if (event.key === 'ArrowUp') (links[at - 1] ?? input).focus();
  else if (event.key === 'Enter' && at < 0) links[0]?.click();
  else return;
  event.preventDefault();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || document.activeElement instanceof HTMLInputElement) return;
  event.preventDefault();
  input.focus();
});
