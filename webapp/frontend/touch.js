// diagram-js has no touch navigation: one finger pans, two fingers zoom.
export function touchNavigation(viewer) {
  const canvas = viewer.get('canvas');
  const container = canvas.getContainer();
  const fingers = new Map();
  let last = null;

  const gesture = () => {
    const points = [...fingers.values()];
    const x = points.reduce((sum, point) => sum + point.x, 0) / points.length;
    const y = points.reduce((sum, point) => sum + point.y, 0) / points.length;
    const spread = points.length > 1 ? Math.hypot(points[0].x - points[1].x, points[0].y - points[1].y) : 0;
    return { x, y, spread };
  };
  const down = (event) => {
    if (event.pointerType !== 'touch') return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    last = gesture();
  };
  const move = (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const now = gesture();
    const box = container.getBoundingClientRect();
    canvas.scroll({ dx: now.x - last.x, dy: now.y - last.y });
    if (last.spread && now.spread) {
      const zoom = Math.min(4, Math.max(0.2, (canvas.zoom() * now.spread) / last.spread));
      canvas.zoom(zoom, { x: now.x - box.left, y: now.y - box.top });
    }
    last = now;
  };
  const up = (event) => {
    if (fingers.delete(event.pointerId) && fingers.size) last = gesture();
  };
  container.closest('.diagram-canvas')?.classList.add('is-touch');
  container.addEventListener('pointerdown', down);
  container.addEventListener('pointermove', move);
  container.addEventListener('pointerup', up);
  container.addEventListener('pointercancel', up);
}
