/**
 * Labelled examples: where they come from, how they are split and batched, and what is wrong with
 * them.
 */
package org.adjoint.nn.data;
