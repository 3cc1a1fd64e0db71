/** A page that differentiates one function in four ways. */
package org.adjoint.lens.modes;
