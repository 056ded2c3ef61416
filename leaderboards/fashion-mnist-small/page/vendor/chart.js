window.MIXBENCH_CHART = {
 "config": {
  "view": {
   "continuousWidth": 300,
   "continuousHeight": 300
  }
 },
 "layer": [
  {
   "mark": {
    "type": "rule",
    "opacity": 0.5
   },
   "encoding": {
    "x": {
     "field": "xlow",
     "type": "quantitative"
    },
    "x2": {
     "field": "xhigh"
    },
    "y": {
     "axis": {
      "tickCount": 8
     },
     "field": "y",
     "scale": {
      "zero": false,
      "nice": true
     },
     "title": "y",
     "type": "quantitative"
    }
   }
  },
  {
   "mark": {
    "type": "rule",
    "opacity": 0.5
   },
   "encoding": {
    "x": {
     "axis": {
      "tickCount": 8
     },
     "field": "x",
     "scale": {
      "zero": false,
      "nice": true
     },
     "title": "x",
     "type": "quantitative"
    },
    "y": {
     "field": "ylow",
     "type": "quantitative"
    },
    "y2": {
     "field": "yhigh"
    }
   }
  },
  {
   "mark": {
    "type": "point",
    "cursor": "pointer",
    "filled": true,
    "opacity": 1,
    "size": 90
   },
   "encoding": {
    "color": {
     "field": "family",
     "title": "family",
     "type": "nominal"
    },
    "description": {
     "field": "tip",
     "type": "nominal"
    },
    "shape": {
     "field": "family",
     "title": "family",
     "type": "nominal"
    },
    "tooltip": {
     "field": "tip",
     "type": "nominal"
    },
    "x": {
     "axis": {
      "tickCount": 8
     },
     "field": "x",
     "scale": {
      "zero": false,
      "nice": true
     },
     "title": "x",
     "type": "quantitative"
    },
    "y": {
     "axis": {
      "tickCount": 8
     },
     "field": "y",
     "scale": {
      "zero": false,
      "nice": true
     },
     "title": "y",
     "type": "quantitative"
    }
   }
  },
  {
   "mark": {
    "type": "text",
    "fontSize": 11
   },
   "encoding": {
    "text": {
     "field": "label",
     "type": "nominal"
    },
    "x": {
     "axis": {
      "tickCount": 8
     },
     "field": "x",
     "scale": {
      "zero": false,
      "nice": true
     },
     "title": "x",
     "type": "quantitative"
    },
    "y": {
     "axis": {
      "tickCount": 8
     },
     "field": "y",
     "scale": {
      "zero": false,
      "nice": true
     },
     "title": "y",
     "type": "quantitative"
    }
   }
  }
 ],
 "data": {
  "name": "rows"
 },
 "height": "container",
 "width": "container",
 "$schema": "https://vega.github.io/schema/vega-lite/v6.4.1.json",
 "autosize": {
  "type": "fit",
  "contains": "padding"
 }
};
