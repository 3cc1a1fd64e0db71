/** The page that steps through a graph: what it shows, how it is computed, how it is written. */
package org.adjoint.lens.stepper;
