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
