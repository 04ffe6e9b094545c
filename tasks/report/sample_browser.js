// The browser of sample groups. Every text is set as textContent, so that a model's text is never parsed as markup.
(() => {
  const data = JSON.parse(document.getElementById("group-data").textContent);
  if (data.groups.length === 0) return;
  const at = (id) => document.getElementById(id);
  const [run, problem, show, order] = ["run", "problem", "show", "order"].map(at);

  const state = (response) => {
    if (response.score === null) return "unjudged";
    return response.score >= data.correct_at ? "right" : "wrong";
  };
  const word = (response) => verdictWord(response.kind, state(response));

  const groupsOfRun = () => data.groups.filter((group) => group.run === run.value);
  const fill = (select, texts) => select.replaceChildren(...texts.map(([value, text]) => new Option(text, value)));
  const rightIn = (group) => group.responses.filter((response) => state(response) === "right");
  const listProblems = () => {
    const count = (group) => `${rightIn(group).length} of ${group.responses.length} right`;
    const name = (group) => `iteration ${group.iteration}, ${group.problem_id}: ${count(group)}`;
    const groups = groupsOfRun();
    fill(problem, groups.map((group, place) => [String(place), name(group)]));
    // The first group with right and wrong responses has the most to show.
    const mixed = (group) => rightIn(group).length > 0 && rightIn(group).length < group.responses.length;
    problem.selectedIndex = Math.max(groups.findIndex(mixed), 0);
  };

  const COLUMNS = [
    ["advantage", (r) => number(r.advantage, 3, true), "advantage = base + bonus"],
    ["base", (r) => number(r.base, 3, true), "group-relative advantage A"],
    ["bonus", (r) => number(r.bonus, 3, true), "ARM: alpha (c(q) - c(o | q))"],
    ["c(o | q)", (r) => number(r.c_o, 3), "confidence of the response"],
    ["log p", (r) => number(r.log_prob_mean, 3), "mean log-probability of its tokens, nats"],
    ["entropy", (r) => number(r.entropy, 3), "mean over its tokens, nats"],
    ["tokens", (r) => String(r.tokens), "response tokens"],
    ["end", (r) => r.finish_reason, "why it ended"],
  ];

  // A reward of several terms has a column for each besides the outcome.
  const columnsOf = (group) => {
    const terms = Object.keys(group.responses[0]?.terms ?? {});
    return [...COLUMNS, ...terms.map((name) => [name, (r) => number(r.terms[name], 3), "term of the reward, unweighted"])];
  };

  const responseRows = (response, columns) => {
    const body = element("tbody", undefined, state(response));
    const numbers = element("tr");
    const verdict = element("th", undefined, "verdict");
    verdict.scope = "row";
    verdict.append(element("span", word(response)));
    if (![null, 0, 1].includes(response.score)) verdict.append(` ${number(response.score, 2)}`);
    numbers.append(verdict, ...columns.map(([, text]) => element("td", text(response))));
    const words = element("tr");
    const cell = element("td", undefined, "words");
    cell.colSpan = columns.length + 1;
    const box = element("div");
    const pre = element("pre", response.text === "" ? "(empty)" : response.text);
    if (response.text.length > 1200) pre.tabIndex = 0;
    box.append(pre);
    if (response.detail) box.append(element("p", response.detail, "source"));
    cell.append(box);
    words.append(cell);
    body.append(numbers, words);
    return body;
  };

  const draw = () => {
    const groups = groupsOfRun();
    const group = groups[Number(problem.value)];
    const orders = {
      high: (a, b) => b.advantage - a.advantage,
      low: (a, b) => a.advantage - b.advantage,
      sample: () => 0,
    };
    const by = orders[order.value];
    const shown = group.responses.filter((response) => show.value === "all" || state(response) === show.value).sort(by);
    const right = rightIn(group);
    const solutions = group.solutions === null ? "" : ` of ${group.solutions} solutions`;
    const facts = [
      `${right.length} of ${group.responses.length} right`,
      `${new Set(right.map((response) => response.text)).size} different right texts${solutions}`,
      ...(group.c_q === null ? [] : [`c(q) ${number(group.c_q, 3)}`]),
      "from ",
    ];
    const key = element("code", group.artifact.slice(0, 12));
    key.title = group.artifact;
    at("group-facts").replaceChildren(facts.join(" \u00b7 "), key);
    at("prompt").textContent = group.prompt;
    const head = element("thead");
    const line = element("tr");
    const heading = ([name, , title]) => Object.assign(element("th", name), { title, scope: "col" });
    const columns = columnsOf(group);
    line.append(...[["verdict", null, ""], ...columns].map(heading));
    head.append(line);
    const none = element("caption", "No response of this kind in this group.", "nothing");
    at("responses").replaceChildren(head, ...(shown.length === 0 ? [none] : shown.map((each) => responseRows(each, columns))));
    at("previous").disabled = problem.selectedIndex === 0;
    at("next").disabled = problem.selectedIndex === groups.length - 1;
  };
  const move = (by) => {
    problem.selectedIndex += by;
    draw();
  };

  const labels = [...new Set(data.groups.map((group) => group.run))];
  fill(run, labels.map((label) => [label, label]));
  run.addEventListener("change", () => {
    listProblems();
    draw();
  });
  for (const select of [problem, show, order]) select.addEventListener("change", draw);
  at("previous").addEventListener("click", () => move(-1));
  at("next").addEventListener("click", () => move(1));
  listProblems();
  draw();
})();
