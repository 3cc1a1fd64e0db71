/** Layers, initialisers and losses. */
package org.adjoint.nn;
