// Keyboard: "/" goes to the search, j and k walk through rows. Every page can be read without this file.
"use strict";

const isTyping = (element) => element.closest("input, select, textarea") !== null;

const walk = (step) => {
  const links = [...document.querySelectorAll("[data-walk] tbody th a, [data-walk] tbody td:first-child a, ul[data-walk] a")]
    .filter((link) => link.offsetParent !== null);
  const next = links[links.indexOf(document.activeElement) + step] ?? (step > 0 ? links[0] : links.at(-1));
  next?.focus();
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") {
    const search = document.getElementById("search");
    if (search === null) return;
    event.preventDefault();
    search.select();
    search.focus();
  } else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
});

// In a static site, the search filters the list of everything.
document.querySelector("[data-filter]")?.addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const item of document.querySelectorAll("[data-walk] li")) {
    item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
  }
});
