// What a form does for the person who fills it in; the server checks everything again.

// Shows a field only while others have given values: data-show-if='{"decision":["return","refuse"]}'.
// A field of the same row counts first ("lines.3.decision"), then one of the whole form. Hidden ones are not sent.
export function conditionalFields(root) {
  for (const part of root.querySelectorAll('[data-show-if]')) {
    const form = part.closest('form');
    const wanted = Object.entries(JSON.parse(part.dataset.showIf));
    const row = part.dataset.path.slice(0, part.dataset.path.lastIndexOf('.') + 1);
    const show = () => {
      const data = new FormData(form);
      const shown = wanted.every(([name, values]) => holds(form, data, row, name, [values].flat().map(String)));
      part.hidden = !shown;
      for (const input of part.querySelectorAll('input, select, textarea')) input.disabled = !shown;
    };
    form.addEventListener('change', show);
    show();
  }
}

function holds(form, data, row, name, values) {
  const path = form.elements[row + name] ? row + name : name;
  const given = data.getAll(path);
  if (given.length === 0 && form.elements[path]) return values.includes('false') || values.includes('');
  return given.some((value) => values.includes(value));
}

export function focusErrors(root) {
  root.querySelector('[data-error-summary]')?.focus();
}

// A second press while the first request is under way sends nothing; the idempotency key guards the rest.
export function submitOnce(root) {
  for (const form of root.querySelectorAll('form[data-once]')) {
    form.addEventListener('submit', (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = '1';
      form.querySelectorAll('button[type="submit"]').forEach((button) => button.setAttribute('aria-disabled', 'true'));
    });
  }
  // The browser's Back button shows the page as it was, with the mark still on it.
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) {
      delete form.dataset.sent;
      form.querySelectorAll('button[type="submit"]').forEach((button) => button.removeAttribute('aria-disabled'));
    }
  });
}

// Asks before leaving a long form that has neither been sent nor saved.
export function rememberLeaving(root) {
  for (const form of root.querySelectorAll('form[data-guard]')) {
    let changed = false;
    form.addEventListener('input', () => { changed = true; });
    form.addEventListener('thidua:saved', () => { changed = false; });
    form.addEventListener('submit', () => { changed = false; });
    window.addEventListener('beforeunload', (event) => { if (changed) event.preventDefault(); });
  }
}
