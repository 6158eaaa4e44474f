// Two people at one file: a save says which version it had read; who comes second keeps what they drew.
import { send } from './pagedata.js';

export function versions(root, data, readXml, leaving) {
  const fork = root.querySelector('[data-fork]');
  fork?.addEventListener('click', async () => {
    const answer = await send(data.forkUrl, { xml: await readXml() }, data.csrf);
    if (!answer.goTo) return;
    leaving();
    location.assign(answer.goTo);
  });
  root.querySelector('[data-export]')?.addEventListener('click', async () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([await readXml()], { type: 'application/xml' }));
    link.download = data.filename;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return {
    body: async () => ({ xml: await readXml(), expected: data.expected }),
    took(answer) {
      if (answer.expected) data.expected = answer.expected;
      if (fork && answer.status === 409) fork.hidden = false;
    },
  };
}
