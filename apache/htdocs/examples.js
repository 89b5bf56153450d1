// A click on a city's bar shows that city alone: the bar's label is put into a field of the form, which is sent.

const form = document.querySelector("#filters");
document.querySelector("#cities").addEventListener("tinybird-select", ({ detail }) => {
  form.elements.city.value = detail.index;
  form.requestSubmit();
});
