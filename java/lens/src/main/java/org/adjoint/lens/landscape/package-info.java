/** A page of the loss over parameter space, with the optimizer's path, and of what is learnt. */
package org.adjoint.lens.landscape;
