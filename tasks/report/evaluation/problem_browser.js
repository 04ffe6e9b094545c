// The browser of problems. The page holds the verdict of each sample and its reason; texts and numbers come from data
// files beside it, as scripts, because a page from a disk may load nothing else. Every text is set as textContent, so
// that a model's text is never parsed as markup.
(() => {
  const data = JSON.parse(document.getElementById("detail-data").textContent);
  if (!data.suites.some((suite) => suite.problems.length > 0)) return;
  const at = (id) => document.getElementById(id);
  const [suiteOf, viewOf, show, verdict, samplesOf, search, deep, list, detail] = (
    ["suite", "view", "show", "verdict", "samples-shown", "search", "deep", "list", "detail"].map(at));
  const LONG = 1500; // characters of a text that is folded
  const fill = (select, texts) => select.replaceChildren(...texts.map(([value, text]) => new Option(text, value)));

  // --- the samples of each problem, counted
  const VERDICTS = data.verdicts.map(([kind, state]) => ({ kind, state, word: verdictWord(kind, state) }));
  // [verdict, answer, reason] of each sample of a policy.
  const foundBy = (problem, policy) => Array.from(problem.marks[policy], (mark) => {
    const [verdict, answer, reason] = problem.found[mark.charCodeAt(0) - 48];
    return [VERDICTS[verdict], answer, reason];
  });
  const tally = (found) => {
    const counts = { samples: found.length, right: 0, judged: 0, words: new Map() };
    for (const [{ state, word }] of found) {
      counts.right += state === "right";
      counts.judged += state !== "unjudged";
      counts.words.set(word, (counts.words.get(word) ?? 0) + 1);
    }
    counts.solved = counts.judged === 0 ? null : counts.right / counts.judged > data.solved_above;
    return counts;
  };
  for (const suite of data.suites)
    for (const problem of suite.problems) {
      problem.tallies = problem.marks.map((_, policy) => tally(foundBy(problem, policy)));
      problem.words = [problem.id, problem.prompt, problem.reference, ...problem.labels].join("\n").toLowerCase();
    }
  const suite = () => data.suites[suiteOf.value];
  const view = () => suite().views[viewOf.value];
  const flip = (problem) => {
    const [before, after] = view().map((policy) => problem.tallies[policy].solved);
    return before === false && after === true ? "gained" : before === true && after === false ? "lost" : "";
  };

  // --- data files
  const files = new Map();
  const nameOf = (file) => `report-data-${file + 1}.js`;
  const loaded = (file) => globalThis.reportData?.[data.digests[file]];
  const load = (file) => {
    if (!files.has(file))
      files.set(file, new Promise((done, fail) => {
        const script = element("script");
        script.onload = () => (loaded(file) ? done() : fail(new Error(`${nameOf(file)} belongs to another report.`)));
        script.onerror = () => fail(new Error(`${nameOf(file)} is not beside this page.`));
        script.src = nameOf(file);
        document.head.append(script);
      }).catch((error) => {
        files.delete(file);
        throw error;
      }));
    return files.get(file);
  };
  const belongs = () => {
    const last = data.digests.length > 1 ? ` to ${nameOf(data.digests.length - 1)}` : "";
    return `This page goes with ${nameOf(0)}${last}.`;
  };

  // --- the list
  let problems = [];
  let current = null;
  const inSample = (s, text) => [s.text, s.answer ?? "", s.detail].some((words) => words.toLowerCase().includes(text));
  const inSamples = (problem, text) => (loaded(problem.file)?.[problem.place].samples ?? [])
    .some((samples, policy) => view().includes(policy) && samples.some((sample) => inSample(sample, text)));
  const everyTally = (problem, test) => view().every((policy) => {
    const { judged, right } = problem.tallies[policy];
    return judged > 0 && test(judged, right);
  });
  const TESTS = {
    all: () => true,
    flipped: (problem) => flip(problem) !== "",
    gained: (problem) => flip(problem) === "gained",
    lost: (problem) => flip(problem) === "lost",
    never: (problem) => everyTally(problem, (judged, right) => right === 0),
    always: (problem) => everyTally(problem, (judged, right) => right === judged),
  };
  const matching = () => {
    const text = search.value.trim().toLowerCase();
    return suite().problems.filter((problem) => TESTS[show.value](problem)
      && (verdict.value === "" || view().some((policy) => problem.tallies[policy].words.has(verdict.value)))
      && (text === "" || problem.words.includes(text) || (deep.checked && inSamples(problem, text))));
  };
  const share = ({ judged, right }) => `${right}/${judged}`;
  const shares = (problem) => view().map((policy) => share(problem.tallies[policy])).join(" \u2192 ");
  const option = (problem, place) => {
    const row = element("div", undefined, flip(problem));
    row.id = `option-${place}`;
    row.role = "option";
    const head = element("span", undefined, "head");
    const facts = [flip(problem), shares(problem)].filter(Boolean).join(" ");
    head.append(element("b", problem.id), element("span", facts, "share"));
    row.append(head, element("span", problem.prompt.slice(0, 120), "start"));
    row.addEventListener("click", () => choose(problem));
    return row;
  };
  const drawList = () => {
    problems = matching();
    list.replaceChildren(...problems.map(option));
    const count = `${problems.length} of ${suite().problems.length} problems`;
    at("count").textContent = problems.length === 0 ? "No problem is like this." : count;
    select(problems.includes(current) ? current : problems[0] ?? null);
  };
  const select = (problem) => {
    current = problem;
    const place = problems.indexOf(problem);
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    at("previous").disabled = place <= 0;
    at("next").disabled = place < 0 || place === problems.length - 1;
    if (place < 0) list.removeAttribute("aria-activedescendant");
    else {
      const row = list.children[place];
      row.setAttribute("aria-selected", "true");
      list.setAttribute("aria-activedescendant", row.id);
      if (row.offsetTop < list.scrollTop) list.scrollTop = row.offsetTop;
      list.scrollTop = Math.max(list.scrollTop, row.offsetTop + row.offsetHeight - list.clientHeight);
    }
    drawDetail();
  };

  // --- one problem
  const texts = (text) => {
    if (text.length <= LONG) return element("pre", text === "" ? "(empty)" : text);
    const folded = element("details");
    const summary = element("summary", `${text.length} characters: ${text.slice(0, 160)} \u2026`);
    folded.append(summary, element("pre", text));
    return folded;
  };
  // `sample` is undefined where its data file is missing.
  const card = ([{ state, word }, answer, detail], sample) => {
    const made = element("li", undefined, state);
    const head = element("p");
    const score = [null, undefined, 0, 1].includes(sample?.score) ? "" : ` ${number(sample.score, 2)}`;
    const found = answer === null ? " \u00b7 no answer found" : " \u00b7 answer ";
    head.append(element("span", word + score, "verdict"), found);
    if (answer !== null) head.append(element("code", sample?.answer ?? answer));
    made.append(head);
    if (sample) {
      const facts = [`sample ${sample.sample}`, `${sample.tokens} tokens`, `end: ${sample.end}`];
      for (const name of ["entropy", "surprisal"]) {
        if (sample[name] !== null) facts.push(`${name} ${number(sample[name], 3)}`);
      }
      made.append(element("p", facts.join(" \u00b7 "), "source"));
    }
    if (detail) made.append(element("p", sample?.detail ?? detail, "reason"));
    if (sample) made.append(texts(sample.text));
    return made;
  };
  const column = (problem, policy) => {
    const { label, artifact, colour } = suite().policies[policy];
    const { samples, right, judged, words } = problem.tallies[policy];
    const made = element("section");
    made.setAttribute("aria-label", label);
    const head = element("h4");
    const key = element("code", artifact.slice(0, 12));
    key.title = artifact;
    head.append(element("i", undefined, `swatch ${colour}`), label);
    const others = [...words].filter(([word]) => word !== "right").map(([word, times]) => `${word} ${times}`);
    const share = samples === 0 ? "no samples" : `${right} of ${judged} judged samples right`;
    const facts = element("p", [share, ...others, "from "].join(" \u00b7 "), "source");
    facts.append(key);
    const strip = element("div", undefined, "strip");
    strip.setAttribute("aria-hidden", "true"); // the line above says it in words
    for (const [{ state, word }] of foundBy(problem, policy)) {
      strip.append(Object.assign(element("i", undefined, state), { title: word }));
    }
    const body = element("div", undefined, "cards");
    body.dataset.policy = policy;
    made.append(head, facts, strip, body);
    return made;
  };
  const drawSamples = (problem) => {
    const whole = loaded(problem.file)?.[problem.place];
    if (whole) {
      at("prompt").textContent = whole.prompt;
      at("reference").textContent = whole.reference || "-";
    }
    for (const body of detail.querySelectorAll(".cards")) {
      const policy = body.dataset.policy;
      const cards = foundBy(problem, policy).map((found, place) => [found, whole?.samples[policy][place]])
        .filter(([[{ state }]]) => ["all", state].includes(samplesOf.value))
        .filter(([[{ word }]]) => ["", word].includes(verdict.value));
      const made = element("ol");
      made.append(...cards.map((each) => card(...each)));
      body.replaceChildren(cards.length === 0 ? element("p", "No sample is like this.", "nothing") : made);
    }
  };
  const drawDetail = async () => {
    const problem = current;
    if (problem === null) return detail.replaceChildren(element("p", "No problem is like this.", "nothing"));
    const [before, after] = view().map((policy) => suite().policies[policy].label);
    const flips = {
      gained: `Gained: ${after} solves it, ${before} does not.`,
      lost: `Lost: ${before} solves it, ${after} does not.`,
      "": "",
    };
    const columns = element("div", undefined, "columns");
    columns.append(...view().map((policy) => column(problem, policy)));
    const state = element("p", "Reading the samples\u2026", "nothing");
    state.role = "status";
    const named = (name, tag, id, text) => [element("h4", name), Object.assign(element(tag, text), { id })];
    detail.replaceChildren(
      element("h3", problem.id),
      element("p", problem.labels.join(" \u00b7 "), "source"),
      element("p", flips[flip(problem)], flip(problem)),
      ...named("Question", "pre", "prompt", problem.prompt),
      ...named("Reference", "pre", "reference", problem.reference || "-"),
      state,
      columns,
    );
    try {
      await load(problem.file);
      state.remove();
    } catch (error) {
      state.textContent = `${error.message} The texts of these samples are in it. ${belongs()}`;
      state.className = "missing";
    }
    if (columns.isConnected) drawSamples(problem);
  };

  // --- links, choices, keys
  let written = "";
  let soon = 0;
  const remember = () => {
    clearTimeout(soon);
    soon = setTimeout(writeLink, 150); // browsers count changes of the address, and refuse too many
  };
  const writeLink = () => {
    const facts = {
      suite: suite().name,
      problem: current?.id ?? "",
      view: viewOf.value,
      show: show.value,
      verdict: verdict.value,
      text: search.value,
    };
    written = "#" + new URLSearchParams(Object.entries(facts).filter(([, value]) => value !== ""));
    location.replace(written);
  };
  const choose = (problem) => {
    select(problem);
    remember();
  };
  const fillSuite = () => {
    const labels = suite().policies.map((policy) => policy.label);
    const nameOfView = (places) => places.map((policy) => labels[policy]).join(" \u2192 ");
    fill(viewOf, suite().views.map((places, place) => [place, nameOfView(places)]));
    const tallies = suite().problems.flatMap((problem) => problem.tallies);
    const words = new Set(tallies.flatMap(({ words }) => [...words.keys()]));
    fill(verdict, [["", "any"], ...[...words].sort().map((word) => [word, word])]);
  };
  const fitShow = () => {
    const pair = view().length === 2;
    for (const choice of show.options) choice.disabled = !pair && ["flipped", "gained", "lost"].includes(choice.value);
    if (show.selectedOptions[0].disabled) show.value = "all";
  };
  const open = () => {
    if (location.hash === written && written !== "") return;
    const facts = new URLSearchParams(location.hash.slice(1));
    const place = data.suites.findIndex(({ name }) => name === facts.get("suite"));
    const linked = place >= 0 && data.suites[place].problems.find(({ id }) => id === facts.get("problem"));
    suiteOf.value = place >= 0 ? place : data.suites.findIndex(({ problems }) => problems.length > 0);
    fillSuite();
    if (suite().views[facts.get("view")]) viewOf.value = facts.get("view");
    if (linked) show.value = Object.hasOwn(TESTS, facts.get("show")) ? facts.get("show") : "all";
    else show.value = suite().problems.some(TESTS.flipped) ? "flipped" : "all";
    const verdicts = [...verdict.options].map(({ value }) => value);
    verdict.value = verdicts.includes(facts.get("verdict")) ? facts.get("verdict") : "";
    search.value = facts.get("text") ?? "";
    fitShow();
    current = linked || null;
    // a filter that leaves the link's problem out is dropped
    if (linked && !matching().includes(linked)) [show.value, verdict.value, search.value] = ["all", "", ""];
    drawList();
    if (linked) at("problems").scrollIntoView();
  };
  const move = (by) => {
    if (problems.length === 0) return;
    choose(problems[Math.min(Math.max(problems.indexOf(current) + by, 0), problems.length - 1)]);
    const { top } = detail.getBoundingClientRect();
    if (top < 0 || top > innerHeight * 0.8) at("pane").scrollIntoView();
  };
  const changed = () => {
    fitShow();
    drawList();
    remember();
  };
  const readAll = async () => {
    const wanted = [...new Set(suite().problems.map(({ file }) => file))];
    try {
      for (const [place, file] of wanted.entries()) {
        at("count").textContent = `Reading data file ${place + 1} of ${wanted.length}\u2026`;
        await load(file);
      }
    } catch (error) {
      deep.checked = false;
      drawList();
      at("count").textContent = `${error.message} ${belongs()}`;
      return;
    }
    changed();
  };

  fill(suiteOf, data.suites.map(({ name }, place) => [place, name]));
  suiteOf.addEventListener("change", () => {
    fillSuite();
    changed();
  });
  for (const choice of [viewOf, show, verdict, samplesOf]) choice.addEventListener("change", changed);
  search.addEventListener("input", changed);
  deep.addEventListener("change", () => (deep.checked ? readAll() : changed()));
  at("previous").addEventListener("click", () => move(-1));
  at("next").addEventListener("click", () => move(1));
  addEventListener("hashchange", () => new URLSearchParams(location.hash.slice(1)).has("problem") && open());
  const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  list.addEventListener("keydown", (event) => {
    if (event.key === "Enter") detail.focus();
    else if (Object.hasOwn(STEPS, event.key)) move(STEPS[event.key]);
    else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") search.focus();
    else return;
    event.preventDefault();
  });
  open();
})();
