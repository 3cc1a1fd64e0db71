/**
 * Pictures of graphs: boxes and edges, a layered layout, and writers for SVG, DOT, Mermaid and
 * text.
 */
package org.adjoint.lens.picture;
