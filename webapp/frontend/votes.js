// A sealed ballot leaves the page only when the server can be reached: a lost connection is said on the page,
// where the choices stay; nothing is stored on the phone.
export function reachFirst(root) {
  for (const form of root.querySelectorAll('form[data-reach]')) {
    form.addEventListener('submit', async (event) => {
      if (form.dataset.reached) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const warning = form.querySelector('[data-offline]') ?? document.querySelector('[data-offline]');
      try {
        await fetch(form.dataset.reach, { cache: 'no-store', signal: AbortSignal.timeout(8000) });
      } catch {
        warning.hidden = false;
        warning.scrollIntoView({ block: 'center' });
        return;
      }
      warning.hidden = true;
      form.dataset.reached = '1';
      form.requestSubmit(event.submitter);
      delete form.dataset.reached;
    });
  }
}

// The voting page: how many of the list have a choice. Nothing is chosen beforehand, nothing is sent by itself.
export function voteCounters(root) {
  for (const counter of root.querySelectorAll('[data-vote-count]')) {
    const form = counter.closest('form');
    const groups = [...form.querySelectorAll('[data-vote]')];
    const show = () => {
      const done = groups.filter((group) => group.querySelector('input:checked'));
      counter.textContent = counter.dataset.template.replace('{n}', done.length).replace('{all}', groups.length);
      counter.classList.toggle('is-complete', done.length === groups.length);
      for (const group of groups) group.classList.toggle('is-chosen', done.includes(group));
    };
    form.addEventListener('change', show);
    show();
  }
}
