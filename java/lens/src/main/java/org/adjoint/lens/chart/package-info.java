/**
 * Charts as SVG: lines, points, steps and heat maps with axes, units and values to hover over.
 * Nothing here knows what is measured.
 */
package org.adjoint.lens.chart;
