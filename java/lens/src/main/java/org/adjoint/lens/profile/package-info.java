/** Where a program's time and memory traffic go, and how near the machine's limits that is. */
package org.adjoint.lens.profile;
