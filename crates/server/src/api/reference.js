"use strict";
// The document's schemas need no inline script or style; validatorUrl null keeps the page from asking elsewhere.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  showExtensions: true,
  syntaxHighlight: false,
});
