/** What packages of this module share and users do not see. */
package org.adjoint.nn.internal;
