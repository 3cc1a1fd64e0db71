/** Recurrent networks: one loop a layer and direction, the same program for every length. */
package org.adjoint.nn.recurrent;
