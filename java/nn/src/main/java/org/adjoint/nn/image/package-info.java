/** Layers over images of one, two or three spatial axes, [n, channels, ...]. */
package org.adjoint.nn.image;
