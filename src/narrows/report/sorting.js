// Rows of a table are sorted by a column, within each of its bodies; rows of headings stay on top.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const text = (row, column) => row.cells[column].textContent.trim();
  const number = text => parseFloat(text.replaceAll("−", "-").replace(/[<>+,]/g, ""));
  // Names stand in the first column, unless it has nothing but numbers; and where there are none.
  const isNumeric = (texts, column) => column
    ? texts.some(text => !Number.isNaN(number(text)))
    : texts.every(text => /^[\d.,−-]+$/.test(text));
  const sort = (column, down) => {
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter(row => row.cells.length === heads.length);
      const numeric = isNumeric(rows.map(row => text(row, column)), column);
      const value = row => numeric ? number(text(row, column)) : text(row, column);
      const compare = (one, other) => numeric ? one - other : one.localeCompare(other);
      const known = rows.filter(row => !Number.isNaN(value(row)));
      const rest = rows.filter(row => Number.isNaN(value(row)));
      known.sort((a, b) => (down ? -1 : 1) * compare(value(a), value(b)));
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
