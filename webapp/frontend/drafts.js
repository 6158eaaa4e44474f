// Saves a long form by itself: <form data-draft-url="…"> with an element [data-draft-status] for its words.
const WAIT = 1500;

export function autosaveDrafts(root) {
  for (const form of root.querySelectorAll('form[data-draft-url]')) watch(form);
}

function watch(form) {
  const status = form.querySelector('[data-draft-status]');
  let timer = null;
  let sent = false;
  const say = (text, failed = false) => {
    if (!status) return;
    status.textContent = text;
    status.classList.toggle('text-danger', failed);
  };
  const save = async () => {
    timer = null;
    if (sent) return;
    say(status?.dataset.saving ?? '');
    try {
      const response = await fetch(form.dataset.draftUrl, {
        method: 'POST',
        body: withoutFiles(form),
        headers: { Accept: 'application/json' },
      });
      const answer = await response.json();
      say(answer.message, !response.ok);
      if (response.ok) form.dispatchEvent(new Event('thidua:saved'));
    } catch {
      say(status?.dataset.failed ?? '', true); // the network is away: the next change tries again
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(save, WAIT);
  };
  form.addEventListener('input', later);
  form.addEventListener('change', later);
  form.addEventListener('submit', () => {
    sent = true;
    clearTimeout(timer);
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' && timer !== null) {
      clearTimeout(timer);
      save();
    }
  });
}

function withoutFiles(form) {
  const data = new FormData(form);
  for (const input of form.querySelectorAll('input[type="file"], input[type="password"]')) data.delete(input.name);
  return data;
}
