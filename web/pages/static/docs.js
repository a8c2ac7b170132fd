"use strict";
window.SwaggerUIBundle({
  url: "/docs/" + document.getElementById("reference").dataset.file,
  dom_id: "#reference",
  deepLinking: true,
  operationsSorter: (a, b) => a.getIn(["operation", "x-position"]) - b.getIn(["operation", "x-position"]),
  displayRequestDuration: true,
  validatorUrl: null,
});
