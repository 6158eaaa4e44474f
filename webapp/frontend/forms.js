// What a form does for the person who fills it in; the server checks everything again.

// Shows a field only while another has a given value; hidden fields are not sent.
export function conditionalFields(root) {
  for (const part of root.querySelectorAll('[data-show-if]')) {
    const form = part.closest('form');
    const at = part.dataset.showIf.indexOf('=');
    const name = part.dataset.showIf.slice(0, at);
    const wanted = part.dataset.showIf.slice(at + 1).split('|');
    const show = () => {
      const shown = new FormData(form).getAll(name).some((value) => wanted.includes(value));
      part.hidden = !shown;
      for (const input of part.querySelectorAll('input, select, textarea')) input.disabled = !shown;
    };
    form.addEventListener('change', show);
    show();
  }
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
