/** Reads graphs and programs, and makes pictures of them. */
package org.adjoint.lens.graph;
