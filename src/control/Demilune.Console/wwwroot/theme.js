// The theme: as the system says, until somebody chooses. Runs before the page is painted, so nothing flashes.
(() => {
  const key = "demilune-theme";
  const apply = () => {
    const chosen = localStorage.getItem(key);
    const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  };
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  document.addEventListener("click", event => {
    if (!event.target.closest?.("[data-theme-switch]")) return;
    localStorage.setItem(key, document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    apply();
  });
})();
