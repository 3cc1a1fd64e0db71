/** Attention, and the layers of a transformer. */
package org.adjoint.nn.attention;
