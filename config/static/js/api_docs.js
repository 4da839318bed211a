// Swagger UI on the document that this site publishes, in the colours that the reader has chosen.
{
  const root = document.documentElement;
  const night = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const chosen = root.dataset.theme;
    root.classList.toggle("dark-mode", chosen === "dark" || (chosen !== "light" && night.matches));
  };
  paint();
  night.addEventListener("change", paint);
  addEventListener("storage", paint);

  const place = document.querySelector("[data-schema]");
  SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    filter: true,
    displayRequestDuration: true,
    showExtensions: false,
    validatorUrl: null, // its own would send the document to a server elsewhere
  });
}
