// Every page: styles, htmx, and our own progressive enhancement. Each page works without it.
import './app.css';
import htmx from 'htmx.org';
import { autosaveDrafts } from './drafts.js';
import { listTables } from './lists.js';
import { printButtons, sizeLimits } from './uploads.js';
import { reachFirst, voteCounters } from './votes.js';
import { conditionalFields, focusErrors, rememberLeaving, submitOnce } from './forms.js';

// The content security policy forbids inline styles and eval; 422 carries the form with its errors.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.responseHandling = [
  { code: '204', swap: false },
  { code: '[23]..', swap: true },
  { code: '422', swap: true, error: false },
  { code: '[45]..', swap: false, error: true },
];
document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = document.querySelector('meta[name="csrf-token"]')?.content ?? '';
});

function enhance(root) {
  conditionalFields(root);
  listTables(root);
  voteCounters(root);
  autosaveDrafts(root);
  sizeLimits(root);
  printButtons(root);
  reachFirst(root);
  submitOnce(root);
  rememberLeaving(root);
  focusErrors(root);
}

enhance(document);
// On a phone the menu is wider than the screen: where one is must be seen.
document.querySelector('.menu [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
document.addEventListener('htmx:afterSwap', (event) => enhance(event.target));
