// The map that moves: built only when the button is pressed, from what lies in the page; it asks no other host.
"use strict";
(() => {
  const { words, paint, data } = JSON.parse(document.getElementById("answer").textContent);
  const box = document.getElementById("moving");
  const button = document.getElementById("moving-button");
  const holder = document.getElementById("moving-map");
  const help = document.getElementById("moving-help");
  const of = (kind) => ({ type: "FeatureCollection", features: data.features.filter((f) => f.properties.kind === kind) });
  const spots = of("spot");
  const NUMBERED = 300;
  let map = null;

  // one small tile a state: pattern and colour, the same as in the drawing
  function tile(draw) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 16;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, 16, 16);
    draw(pen);
    return pen.getImageData(0, 0, 16, 16);
  }
  const diagonal = (pen, colour, width) => {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    for (const x of [-16, -8, 0, 8, 16]) {
      pen.beginPath();
      pen.moveTo(x, 16);
      pen.lineTo(x + 16, 0);
      pen.stroke();
    }
  };
  const solid = (colour) => (pen) => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 16, 16);
  };
  const dots = (pen) => {
    pen.fillStyle = "#197a4b";
    for (const [x, y] of [[4, 4], [12, 12]]) {
      pen.beginPath();
      pen.arc(x, y, 3, 0, 7);
      pen.fill();
    }
  };
  const never = (pen) => diagonal(pen, "#767676", 1.5);
  const TILES =
    paint === "state"
      ? [solid("#a9d8bd"), dots, (pen) => { solid("#c74700")(pen); diagonal(pen, "#fff", 3); }, never]
      : [...["#fff5ec", "#ffd3b3", "#ffa66d", "#e25100", "#8b3200"].map(solid), never];

  function bounds() {
    const b = new maplibregl.LngLatBounds();
    const walk = (c) => (typeof c[0] === "number" ? b.extend(c) : c.forEach(walk));
    data.features.forEach((f) => walk(f.geometry.coordinates));
    return b;
  }

  function told(...things) {
    const out = document.createElement("div");
    for (const thing of things) {
      const said = typeof thing.said === "string" ? JSON.parse(thing.said) : thing.said;
      const name = thing.number ? thing.number + " " + thing.name : thing.name;
      [name, ...said].forEach((text, i) => {
        const line = document.createElement("p");
        line.append(i ? text : Object.assign(document.createElement("b"), { textContent: text }));
        out.append(line);
      });
    }
    return out;
  }
  const popup = (at, ...things) => new maplibregl.Popup({ maxWidth: "18rem" }).setLngLat(at).setDOMContent(told(...things)).addTo(map);

  function build() {
    map = new maplibregl.Map({
      container: holder,
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#f6f1e7" } }] },
      bounds: bounds(),
      fitBoundsOptions: { padding: 24, maxZoom: 14 },
      attributionControl: false,
      cooperativeGestures: true,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      locale: {
        "NavigationControl.ZoomIn": words.zoom_in,
        "NavigationControl.ZoomOut": words.zoom_out,
        "Popup.Close": words.close,
        "Map.Title": words.open_map,
        "CooperativeGesturesHandler.WindowsHelpText": words.hold_key,
        "CooperativeGesturesHandler.MacHelpText": words.hold_key,
        "CooperativeGesturesHandler.MobileHelpText": words.two_fingers,
      },
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new maplibregl.ScaleControl({}), "bottom-left");
    map.on("load", () => {
      TILES.forEach((draw, k) => map.addImage("tile-" + k, tile(draw), { pixelRatio: 2 }));
      map.addSource("areas", { type: "geojson", data: of("area") });
      map.addSource("routes", { type: "geojson", data: of("route") });
      const named = ["concat", "tile-", ["to-string", ["get", "class"]]];
      map.addLayer({ id: "areas", type: "fill", source: "areas", paint: { "fill-pattern": named } });
      map.addLayer({ id: "edges", type: "line", source: "areas", paint: { "line-color": "#8b7355", "line-width": 0.6 } });
      map.addLayer({ id: "routes", type: "line", source: "routes", paint: { "line-color": "#115a36", "line-width": 3, "line-dasharray": [3, 2] } });
      map.on("click", "areas", (e) => popup(e.lngLat, e.features[0].properties));
      // lines and nodes of a backbone: what is told apart by colour is told apart by width too, and a dash says "cut off"
      const links = of("link");
      if (links.features.length) {
        map.addSource("links", { type: "geojson", data: links });
        map.addSource("nodes", { type: "geojson", data: of("node") });
        const wide = ["get", "wide"];
        const line = (id, paint, filter) => map.addLayer({ id, type: "line", source: "links", paint, ...(filter ? { filter } : {}) });
        line("links-edge", { "line-color": "#fff", "line-width": ["+", wide, 2.5] });
        line("links", { "line-color": ["get", "colour"], "line-width": wide });
        line("links-dash", { "line-color": "#fff", "line-width": ["*", wide, 0.45], "line-dasharray": [4, 4] }, ["get", "dashed"]);
        line("links-touch", { "line-color": "#000", "line-width": 24, "line-opacity": 0.001 });
        const disc = { "circle-color": ["get", "fill"], "circle-radius": ["get", "radius"], "circle-stroke-color": ["get", "edge"], "circle-stroke-width": 2 };
        map.addLayer({ id: "nodes", type: "circle", source: "nodes", paint: disc });
        map.on("click", (e) => {
          const near = [[e.point.x - 12, e.point.y - 12], [e.point.x + 12, e.point.y + 12]];
          const hit = [...map.queryRenderedFeatures(near, { layers: ["nodes"] }), ...map.queryRenderedFeatures(e.point, { layers: ["links-touch"] })];
          if (hit.length) popup(e.lngLat, ...hit.slice(0, 4).map((f) => f.properties));
        });
      }
      if (spots.features.length > NUMBERED) {
        map.addSource("spots", { type: "geojson", data: spots });
        const grow = (low, high) => ["interpolate", ["linear"], ["zoom"], 4, low, 11, high];
        const look = { "circle-color": "#115a36", "circle-radius": grow(1, 7), "circle-stroke-color": "#fff", "circle-stroke-width": grow(0.3, 2) };
        map.addLayer({ id: "spots", type: "circle", source: "spots", paint: look });
        map.on("click", "spots", (e) => popup(e.lngLat, e.features[0].properties));
      } else {
        spots.features.forEach(mark);
        settle();
        map.on("moveend", settle);
      }
      holder.dataset.ready = "yes";
    });
  }

  // signs a finger could not tell apart become one that speaks for all; zooming in parts them
  const APART = 54;
  const signs = [];
  function mark(spot) {
    const sign = document.createElement("button");
    const face = document.createElement("span");
    sign.type = "button";
    sign.append(face);
    const one = { spot, sign, face, group: [spot] };
    sign.addEventListener("click", (e) => {
      e.stopPropagation();
      popup(spot.geometry.coordinates, ...one.group.map((s) => s.properties));
    });
    new maplibregl.Marker({ element: sign }).setLngLat(spot.geometry.coordinates).addTo(map);
    sign.classList.add("spot", "spot--" + spot.properties.shape);
    signs.push(one);
  }
  function settle() {
    const leaders = [];
    for (const one of signs) one.group = [one.spot];
    for (const one of signs) {
      const at = map.project(one.spot.geometry.coordinates);
      const near = leaders.find((l) => Math.abs(l.at.x - at.x) < APART && Math.abs(l.at.y - at.y) < APART);
      if (near) near.one.group.push(one.spot);
      else leaders.push({ one, at });
      one.sign.hidden = Boolean(near);
    }
    for (const { one } of leaders) {
      const many = one.group.length > 1;
      one.face.textContent = one.spot.properties.number + (many ? "+" + (one.group.length - 1) : "");
      one.sign.setAttribute("aria-label", one.group.map((s) => s.properties.number + " " + s.properties.name).join("、"));
    }
  }

  function ready() {
    if (window.maplibregl) return;
    const add = (tag, id) => {
      const made = document.createElement(tag);
      made.textContent = document.getElementById(id).textContent.replaceAll("<\\/", "</");
      document.head.append(made);
    };
    add("style", "maplibre-style");
    add("script", "maplibre-script");
  }

  button.addEventListener("click", () => {
    const open = holder.hidden;
    holder.hidden = help.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? words.close_map : words.open_map;
    if (open && !map) {
      ready();
      build();
    }
  });
  box.hidden = false;
})();
