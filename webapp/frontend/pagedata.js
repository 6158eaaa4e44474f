// What the server hands to an editor: <script type="application/json" id="…">.
export const pageData = (id) => JSON.parse(document.getElementById(id).textContent);

export async function send(url, body, csrf) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrf, Accept: 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  return { ok: response.ok, status: response.status, ...answer };
}
