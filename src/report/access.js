(function () {
  var box = document.getElementById("find"), said = document.getElementById("found");
  var rows = document.querySelectorAll(".row");
  document.getElementById("finder").hidden = false;
  function find() {
    var words = box.value.toLowerCase().split(/\s+/), shown = 0;
    rows.forEach(function (row) {
      var text = row.getAttribute("data-find").toLowerCase();
      row.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
      if (row.getClientRects().length > 0) { shown += 1; }
    });
    said.textContent = shown + " of " + rows.length + " rows shown";
  }
  document.querySelectorAll(".filter input").forEach(function (input) {
    input.addEventListener("input", find);
  });
  find();
})();
