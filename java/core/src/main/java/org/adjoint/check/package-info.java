/** Numerical checks of derivatives, for every op of the table and for functions of users. */
package org.adjoint.check;
