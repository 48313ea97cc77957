// All parts are there.
page.change({});
// A study under way has a new page before long; it waits for a reader who is at work.
const reload = document.querySelector('meta[name="reload"]');
if (reload) {
  let busy = 0;
  for (const event of ["pointermove", "keydown", "wheel"]) addEventListener(event, () => (busy = Date.now()));
  setInterval(() => Date.now() - busy > 3000 && location.reload(), 1000 * reload.content);
}
