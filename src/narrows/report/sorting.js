// Rows of a table are sorted by a column, within each of its bodies; rows of headings stay on top.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = parseFloat(text.replace("−", "-").replace(/[<>+,]/g, ""));
    return column ? number : text;
  };
  const compare = (one, other) => typeof one === "string" ? one.localeCompare(other) : one - other;
  const sort = (column, down) => {
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter(row => row.cells.length === heads.length);
      const known = rows.filter(row => !Number.isNaN(value(row, column)));
      const rest = rows.filter(row => Number.isNaN(value(row, column)));
      known.sort((a, b) => (down ? -1 : 1) * compare(value(a, column), value(b, column)));
      body.append(...known, ...rest);
    }
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      // Numbers start with the largest, names with the first.
      const before = head.getAttribute("aria-sort");
      const down = before ? before === "ascending" : column > 0;
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(column, down);
    });
  });
}
