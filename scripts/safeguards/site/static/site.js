// What the pages do beyond being read: filters that stay in the address, search, marked words.
// Plain functions in one classic script, because a page opened from a folder may load nothing else.
"use strict";

const fold = text => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// Filters. The address after "#" holds them; an entry fits if it has every value that is set.

function setUpFilter(form) {
  const list = document.getElementById(form.dataset.filter);
  const entries = [...list.children];
  const texts = entries.map(entry => fold(entry.textContent));
  const count = document.querySelector(".count");
  const fields = [...form.elements].filter(field => field.name);

  const fits = (entry, text) => fields.every(field => {
    if (!field.value) return true;
    if (field.name === "words") return fold(field.value).split(/\s+/).every(word => text.includes(word));
    return (entry.dataset[field.name] || "").split(" ").includes(field.value);
  });
  const show = () => {
    let shown = 0;
    entries.forEach((entry, place) => {
      entry.hidden = !fits(entry, texts[place]);
      if (!entry.hidden) shown += 1;
    });
    const words = shown ? count.dataset.count : count.dataset.none;
    count.textContent = fill(words, { shown, all: entries.length });
  };
  const toAddress = () => {
    const chosen = new URLSearchParams(fields.filter(f => f.value).map(f => [f.name, f.value]));
    history.replaceState(null, "", "#" + chosen);
    show();
  };
  const fromAddress = () => {
    const address = location.hash.slice(1);
    const chosen = new URLSearchParams(address.includes("=") ? address : "");
    fields.forEach(field => {
      field.value = chosen.get(field.name) || "";
      if (field.selectedIndex === -1) field.value = "";
    });
    show();
  };
  form.hidden = false;
  form.addEventListener("input", toAddress);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(toAddress));
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
}

// Search. Entries are [kind, place, title, heading, text, more words].

const PAGE = 40;

function normalizeCitation(query) {
  const match = query.trim().match(/^(.*?)[\s:,]*(?:art(?:icle|\.)?\s*)?(\d+)((?:[.(]\w+\)?)*)$/i);
  if (!match) return null;
  const rest = match[3].split(/[.()]+/).filter(Boolean).map(step => "(" + step + ")").join("");
  return { title: fold(match[1]), place: "art. " + match[2] + rest };
}

function rank(entry, folded, words, cited) {
  if (cited && entry[0] === "provision" && folded.title.includes(cited.title)) {
    if (folded.title.endsWith(", " + cited.place)) return 0;
    if (folded.title.includes(", " + cited.place + "(")) return 1;
  }
  if (!words.every(word => folded.all.includes(word))) return -1;
  if (words.every(word => folded.title.includes(word) || folded.heading.includes(word))) return 2;
  return words.every(word => folded.text.includes(word)) ? 3 : 4;
}

function setUpSearch(form) {
  const entries = window.searchEntries || [];
  const folded = entries.map(([, , title, heading, text, more]) => {
    const [a, b, c] = [fold(title), fold(heading), fold(text)];
    return { title: a, heading: b, text: c, all: [a, b, c, fold(more)].join("\n") };
  });
  const kinds = JSON.parse(form.dataset.kinds);
  const list = document.getElementById("results");
  const found = document.getElementById("found");
  const more = document.getElementById("more");
  let results = [];
  let shown = 0;

  const find = () => {
    const query = form.q.value.trim();
    const words = fold(query).split(/\s+/).filter(Boolean);
    const cited = normalizeCitation(query);
    results = query.length < 2 ? [] : entries
      .map((entry, place) => ({ entry, place, rank: rank(entry, folded[place], words, cited) }))
      .filter(hit => hit.rank >= 0 && (!form.kind.value || hit.entry[0] === form.kind.value))
      .sort((one, other) => one.rank - other.rank || one.place - other.place);
    list.replaceChildren();
    shown = 0;
    showMore(words);
    if (query.length < 2) found.textContent = form.dataset.start;
    else if (!results.length) found.textContent = form.dataset.none;
  };
  const showMore = words => {
    const next = results.slice(shown, shown + PAGE);
    list.append(...next.map(hit => resultItem(hit.entry, words, kinds)));
    shown += next.length;
    more.hidden = shown >= results.length;
    found.textContent = fill(form.dataset.count, { shown, all: results.length });
  };
  const address = () => {
    const chosen = new URLSearchParams({ q: form.q.value });
    if (form.kind.value) chosen.set("kind", form.kind.value);
    history.replaceState(null, "", "#" + chosen);
  };
  const begin = () => {
    const asked = new URLSearchParams(location.hash.length > 1 ? location.hash.slice(1) : location.search);
    form.q.value = asked.get("q") || "";
    form.kind.value = asked.get("kind") || "";
    if (form.kind.selectedIndex === -1) form.kind.value = "";
    find();
  };
  form.hidden = false;
  form.addEventListener("input", () => { address(); find(); });
  form.addEventListener("submit", event => { event.preventDefault(); address(); find(); });
  more.addEventListener("click", () => {
    const place = shown;
    showMore(fold(form.q.value).split(/\s+/).filter(Boolean));
    list.children[place].querySelector("a").focus();
  });
  window.addEventListener("hashchange", begin);
  begin();
}

function resultItem([kind, place, title, heading, text], words, kinds) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = place;
  link.textContent = heading ? title + ": " + heading : title;
  const label = document.createElement("span");
  label.className = "quiet";
  label.textContent = " " + kinds[kind];
  item.append(link, label);
  if (text) {
    const shown = document.createElement("p");
    shown.className = "text";
    shown.dir = "auto";
    shown.append(...markWords(excerpt(text, words), words));
    item.append(shown);
  }
  return item;
}

function excerpt(text, words) {
  const at = Math.max(0, Math.min(...words.map(w => text.toLowerCase().indexOf(w)).filter(n => n >= 0), text.length));
  const start = at === text.length || at < 120 ? 0 : text.lastIndexOf(" ", at - 90) + 1;
  const piece = text.slice(start, start + 320);
  return (start ? "… " : "") + piece + (start + 320 < text.length ? " …" : "");
}

function markWords(text, words) {
  const escaped = words.map(word => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!escaped.length) return [text];
  return text.split(new RegExp("(" + escaped.join("|") + ")", "gi")).map((part, place) => {
    if (place % 2 === 0) return part;
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  });
}

// Marked words and the codes beside them point at each other.

function setUpPassage(passage) {
  const codes = [...passage.querySelectorAll(".code-list > li")];
  codes.forEach((code, place) => {
    const marks = [...passage.querySelectorAll("mark")]
      .filter(mark => mark.dataset.codes.split(" ").includes(String(place + 1)));
    const light = on => () => marks.forEach(mark => mark.classList.toggle("lit", on));
    code.addEventListener("mouseenter", light(true));
    code.addEventListener("mouseleave", light(false));
    code.addEventListener("focusin", light(true));
    code.addEventListener("focusout", light(false));
  });
}

document.querySelectorAll("form[data-filter]").forEach(setUpFilter);
document.querySelectorAll("[data-passage]").forEach(setUpPassage);
window.addEventListener("DOMContentLoaded", () => {
  const search = document.getElementById("search");
  if (search) setUpSearch(search);
});
