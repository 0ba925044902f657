/**
 * The page's side of the worker: starts it at the first wish, hands it the latest wish only, and
 * ends it to cancel. A wish is answered by what the worker says, or by {status: "cancelled"} when a
 * newer one took its place, or by {status: "error", message}.
 */
(function (dakhla) {
  "use strict";

  /**
   * Return {solve(levers, mode), cancel()}.
   *
   * open() returns {sources, load}: texts of the worker's scripts, and what it is given first.
   * tell(state) hears {kind: "loading" | "solving" | "idle"}, {kind: "ready", old, check} and
   * {kind: "progress", gap_pu}.
   */
  dakhla.whatIfClient = function ({ open, tell }) {
    let worker = null;
    let isReady = false;
    let running = null;
    let waiting = null;
    let count = 0;

    function start() {
      const { sources, load } = open();
      const address = URL.createObjectURL(new Blob(sources, { type: "text/javascript" }));
      const own = new Worker(address);
      worker = own;
      URL.revokeObjectURL(address);
      own.onmessage = ({ data }) => own === worker && hear(data); // an ended one is not heard
      own.onerror = (event) => own === worker && fail(event.message || "the worker did not start");
      tell({ kind: "loading" });
      own.postMessage({ kind: "load", ...load });
    }

    function stop() {
      worker?.terminate();
      worker = null;
      isReady = false;
    }

    const end = (wish, answer) => wish?.resolve(answer);

    function fail(message) {
      const wishes = [running, waiting];
      running = waiting = null;
      stop();
      tell({ kind: "idle" });
      wishes.forEach((wish) => end(wish, { status: "error", message }));
    }

    function hear(said) {
      if (said.kind === "ready") {
        isReady = true;
        tell(said);
        return next();
      }
      if (said.kind === "progress") return tell(said);
      if (said.kind === "error" && said.id === undefined) return fail(said.message);
      if (said.id !== running.id) return undefined;
      const wish = running;
      running = null;
      if (!waiting) tell({ kind: "idle" });
      end(wish, said.kind === "error" ? { status: "error", message: said.message } : said);
      return next();
    }

    function next() {
      if (running || !waiting) return;
      if (!worker) start();
      if (!isReady) return;
      count += 1;
      running = { ...waiting, id: count };
      waiting = null;
      tell({ kind: "solving" });
      worker.postMessage({ kind: "solve", id: count, levers: running.levers, mode: running.mode });
    }

    function solve(levers, mode) {
      return new Promise((resolve) => {
        end(waiting, { status: "cancelled" });
        waiting = { levers: [...levers], mode, resolve };
        if (running?.mode === "free") {
          const long = running;
          running = null;
          stop(); // nobody waits for it any more, and it may take minutes
          end(long, { status: "cancelled" });
        }
        next();
      });
    }

    function cancel() {
      const wishes = [running, waiting];
      running = waiting = null;
      stop();
      tell({ kind: "idle" });
      wishes.forEach((wish) => end(wish, { status: "cancelled" }));
    }

    return { solve, cancel };
  };
})((globalThis.dakhla = globalThis.dakhla || {}));
