//! What must be refuted: every shipped statement with a constant of it broken. Each test edits the
//! statement's text, checks the result on the suite, and demands a proved violation.

use std::process::ExitCode;

use lemmata::inference::{ErrorBudget, Verdict};
use lemmata::preset::Preset;
use lemmata::statement::{library, load_text};
use lemmata::verify::choosing::plan::Plan;
use lemmata::verify::{Judging, check_cell};
use libtest_mimic::{Arguments, Failed, Trial};

/// (statement, what is wrong with it, what to replace, by what).
type Reject = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const REJECTS: &[Reject] = &[
    ("smooth-descent", "L understated by 1 %", "(1 - L*gamma)", "(1 - 0.99*L*gamma)"),
    ("smooth-descent", "the deviation's weight 1 % short", "gamma/2*norm2(m[k])", "0.99*gamma/2*norm2(m[k])"),
    ("smooth-descent", "the gradient's weight 1 % over", "- gamma/2*norm2(grad[k])", "- 1.01*gamma/2*norm2(grad[k])"),
    ("momentum-deviation", "the error's weight 1 % short", "beta/(1 - theta)*norm2(e[k])", "0.99*beta/(1 - theta)*norm2(e[k])"),
    ("momentum-deviation", "the drift's weight 1 % short", "c*L^2", "0.99*c*L^2"),
    ("momentum-deviation", "the contraction 1 % too strong", "(1 - beta)*norm2(m[k-1]) + beta/(1 - theta)", "(1 - 1.01*beta)*norm2(m[k-1]) + beta/(1 - theta)"),
    ("momentum-deviation", "the error's weight at the first step 1 % short", "+ beta*norm2(e[k])", "+ 0.99*beta*norm2(e[k])"),
    ("descent-lemma", "the step 1 % above its limit", "\"2/(L*(1", "\"1.01*2/(L*(1"),
    ("descent-lemma", "A 1 % short", "A         = \"gamma/2*", "A         = \"0.99*gamma/2*"),
    ("descent-lemma", "D 1 % short", "D         = \"gamma/2*", "D         = \"0.99*gamma/2*"),
    ("descent-lemma", "the error's weight 1 % short", "+ gamma/(2*(1 - theta))", "+ 0.99*gamma/(2*(1 - theta))"),
    ("descent-lemma", "the gradient's weight 1 % over", "- gamma/2*norm2(grad[k])", "- 1.01*gamma/2*norm2(grad[k])"),
    ("descent-lemma-loose", "the step 1 % above its limit", "\"2/(L*(1", "\"1.01*2/(L*(1"),
    ("descent-lemma-loose", "the error's weight 1 % short", "+ gamma/(2*(1 - theta))", "+ 0.99*gamma/(2*(1 - theta))"),
    ("descent-lemma-contracting", "the step 1 % above its limit", "\"2/(L*(1", "\"1.01*2/(L*(1"),
    ("descent-lemma-contracting", "the contraction 1 % too strong", "(1 - rho)*W[k]", "(1 - 1.01*rho)*W[k]"),
    ("descent-lemma-contracting", "the error's weight 1 % short", "+ eps*", "+ 0.99*eps*"),
    ("descent-lemma-contracting", "the gradient's weight 1 % over", "- gamma/2*norm2(grad[k])", "- 1.01*gamma/2*norm2(grad[k])"),
    ("descent-lemma-contracting-sharp", "the step 1 % above its limit", "\"2/(L*(1", "\"1.01*2/(L*(1"),
    ("descent-lemma-contracting-sharp", "the contraction 1 % too strong", "(1 - rho)*W[k]", "(1 - 1.01*rho)*W[k]"),
    ("descent-lemma-contracting-sharp", "the error's weight 1 % short", "+ eps*", "+ 0.99*eps*"),
    ("decreasing-steps-descent", "the gradient's weight 10 % over", "- step[k]/2*norm2(grad[k])", "- 1.1*step[k]/2*norm2(grad[k])"),
    ("decreasing-steps-descent", "the error's weight halved", "+ step[k]/(2*(1 - theta))", "+ step[k]/(4*(1 - theta))"),
    ("descent-lemma-variance", "the step 1 % above its limit", "\"2/(L*(1", "\"1.01*2/(L*(1"),
    ("descent-lemma-variance", "the noise's weight 1 % short", "gamma*beta/2*E[norm2(nu[k]) | past]", "0.99*gamma*beta/2*E[norm2(nu[k]) | past]"),
    ("descent-lemma-variance", "the bias's weight 1 % short", "+ gamma/(2*(1 - theta))*norm2(b[k]) + gamma*beta", "+ 0.99*gamma/(2*(1 - theta))*norm2(b[k]) + gamma*beta"),
    ("descent-lemma-variance", "a first-gradient start taken for another", "first_gradient*(1 - beta)", "0*(1 - beta)"),
    ("descent-lemma-variance-sharp", "the noise's weight 1 % short", "gamma*beta/2*(1 - beta*S)", "0.99*gamma*beta/2*(1 - beta*S)"),
    ("descent-lemma-variance-sharp", "a first-gradient start taken for another", "first_gradient*(1 - beta)", "0*(1 - beta)"),
    ("descent-lemma-variance-sharp", "the saving doubled", "gamma*beta/2*(1 - beta*S)", "gamma*beta/2*(1 - 2*beta*S)"),
    ("sgd-descent-variance", "the noise's weight 1 % short", "L*gamma*E[norm2", "0.99*L*gamma*E[norm2"),
    ("sgd-descent-variance", "the bias's weight 1 % short", "(norm2(b[k])", "(0.99*norm2(b[k])"),
    ("quadratic-noise-floor", "beta/(2 - beta) taken for beta", "*beta/(2 - beta)", "*beta"),
    ("quadratic-noise-floor", "one part in a million short", "\"sum(j in 0..d, gamma", "\"sum(j in 0..d, 0.999999*gamma"),
    ("theorem1-nonconvex", "the residual halved", "+ C/(1 - theta - B)", "+ C/(2*(1 - theta - B))"),
    ("theorem1-nonconvex", "the residual 2 % short", "+ C/(1 - theta - B)", "+ 0.98*C/(1 - theta - B)"),
    ("theorem1-nonconvex", "the initial gap forgotten", "E[f[0] - f_star + A", "E[0*f[0] + A"),
    ("theorem1-nonconvex", "f* too high", "E[f[0] - f_star + A", "E[f[0] - f_star - 4 + A"),
    ("theorem1-nonconvex", "L understated tenfold", "\"2/(L*(1", "\"20/(L*(1"),
    ("theorem1-nonconvex-best", "the residual halved", "+ C/(1 - theta - B)", "+ C/(2*(1 - theta - B))"),
    ("theorem1-nonconvex-random-iterate", "the residual halved", "+ C/(1 - theta - B)", "+ C/(2*(1 - theta - B))"),
    ("theorem1-nonconvex-variance", "the residual halved", "+ Cp/(1 - theta - Bp)", "+ Cp/(2*(1 - theta - Bp))"),
    ("theorem1-nonconvex-variance", "the initial gap forgotten", "E[start[0]]", "E[0*start[0]]"),
    ("decreasing-steps", "the residual halved", "+ C/(1 - theta - B)", "+ C/(2*(1 - theta - B))"),
    ("theorem1-pl", "the residual 1 % short", "eps*C*(1 - (1 - rho)^K)/rho", "0.99*eps*C*(1 - (1 - rho)^K)/rho"),
    ("theorem1-pl", "mu overstated by 5 %", "gamma*mu*(1 - B)", "1.05*gamma*mu*(1 - B)"),
    ("theorem1-pl", "the rate of a strongly convex function twice what it is", "min(eta*beta, gamma*mu*(1 - B/((1 - theta)*(1 - eta))))", "2*gamma*mu"),
    ("theorem1-pl-residual", "the residual one part in a million short", "by_pl     = \"C/", "by_pl     = \"0.999999*C/"),
    ("theorem1-pl-residual", "mu overstated by 5 %", "(1 - eta) - B))", "(1 - eta) - B)*1.05)"),
    ("theorem1-nonconvex-variance-sharp", "the saving doubled", "(1 - beta*S)", "(1 - 2*beta*S)"),
    ("theorem1-nonconvex-variance-sharp", "the residual halved", "+ Cp/(1 - theta - Bp)", "+ Cp/(2*(1 - theta - Bp))"),
    ("theorem1-pl-variance-sharp", "plain SGD's own noise halved", "\"if(beta == 1, L*gamma,", "\"if(beta == 1, L*gamma/2,"),
    ("theorem1-pl-variance-sharp", "the residual halved", "eps*Cp*(1 - (1 - rho)^K)/rho", "eps*Cp*(1 - (1 - rho)^K)/rho/2"),
    ("theorem1-pl-variance", "the residual halved", "eps*Cp*(1 - (1 - rho)^K)/rho", "eps*Cp*(1 - (1 - rho)^K)/rho/2"),
    ("theorem1-pl-variance", "the initial gap forgotten", "E[start[0]]", "E[0*start[0]]"),
    ("residual-sharpness", "the residual off by one part in 10^15", "\"C/(1 - B)\"", "\"(1 + 10^-15)*C/(1 - B)\""),
    ("residual-sharpness-pl", "mu off by one part in 10^15", "rho = \"gamma*mu", "rho = \"(1 + 10^-15)*gamma*mu"),
    ("residual-sharpness-ratio", "a predicted ratio 1e-8 too high", "\"ratio - 10^-9\"", "\"ratio + 10^-8\""),
    ("residual-sharpness-ratio", "a predicted ratio 1e-8 too low", "\"ratio\"", "\"ratio - 10^-8\""),
    ("averaging", "one part in a million short", "\"mean(i in 0..n, norm2(worker_grad[i, k]))\"", "\"0.999999*mean(i in 0..n, norm2(worker_grad[i, k]))\""),
    ("heterogeneity-identity", "the spread forgotten", "norm2(grad[k]) + mean(i in 0..n, norm2(worker_grad[i, k] - grad[k]))", "norm2(grad[k])"),
    ("heterogeneity-identity", "off by one part in 10^15", "\"norm2(grad[k]) +", "\"(1 + 10^-15)*norm2(grad[k]) +"),
    ("contraction-top-k", "alpha understated by 5 % where it counts", "(1 - alpha)*norm2", "0.95*(1 - alpha)*norm2"),
    ("contraction-rand-k", "alpha 1 % over", "(1 - alpha)*norm2", "(1 - 1.01*alpha)*norm2"),
    ("contraction-rand-k-sampled", "a tenth short instead of over", "11/10*", "9/10*"),
    ("contraction-scaled-sign", "alpha 5 % over in the first claim", "- norm1(grad[k])^2/d", "- 1.05*norm1(grad[k])^2/d"),
    ("contraction-rounding", "one bit too many counted", "(1 - alpha)*norm2", "0.99*(1 - alpha)*norm2"),
    ("contraction-top-k-quantized", "the rounding forgotten", "(1 - alpha)*norm2", "0.99*(1 - alpha)*norm2"),
    ("contraction-low-rank", "alpha 1 % over", "(1 - alpha)*norm2", "(1 - 1.01*alpha)*norm2"),
    ("compressed-error", "alpha 5 % over", "(1 - alpha)*(norm2", "(1 - 1.05*alpha)*(norm2"),
    ("compressed-error", "zeta2 halved", "zeta2)", "zeta2/2)"),
    ("compressed-error-stochastic", "the noise's own part forgotten", " + (1 + 1/a)*worker_variance/n", ""),
    ("randk-exact", "the noise 1 % short", "alpha*(1 - alpha)/n*(norm2(grad[k]) + spread[k])\"\n\n[[claim]]", "0.99*alpha*(1 - alpha)/n*(norm2(grad[k]) + spread[k])\"\n\n[[claim]]"),
    ("randk-exact", "heterogeneity forgotten", " + spread[k])\"\n\n[[claim]]", ")\"\n\n[[claim]]"),
    ("compressed-nonconvex", "alpha 5 % over in B and C", "B = \"1 - alpha\"\nC = \"(1 - alpha)*zeta2\"", "B = \"1 - 1.05*alpha\"\nC = \"(1 - 1.05*alpha)*zeta2\""),
    ("compressed-nonconvex", "zeta2 halved", "C = \"(1 - alpha)*zeta2\"", "C = \"(1 - alpha)*zeta2/2\""),
    ("compressed-pl", "zeta2 halved", "C = \"(1 - alpha)*zeta2\"", "C = \"(1 - alpha)*zeta2/2\""),
    ("randk-sharper", "the other way round", "lhs     = \"2/room\"\nrhs     = \"2*(1 - theta)/(alpha - theta)\"", "rhs     = \"2/room\"\nlhs     = \"2*(1 - theta)/(alpha - theta)\""),
    ("randk-nonconvex", "the leading factor divided by four", "(2*(E[f[0]", "(0.5*(E[f[0]"),
    ("clip-distance", "one part in 10^15 short", "\"pos(norm(grad[k]) - tau)\"", "\"pos(norm(grad[k]) - tau)*(1 - 10^-15)\""),
    ("clip-nonexpansive", "one part in 10^15 short", "\"norm2(x[k] - x[k+1])\"", "\"norm2(x[k] - x[k+1])*(1 - 10^-15)\""),
    ("clip-pythagoras", "the excess 1 % short", "pos(norm(x[k+1]) - tau)^2\"", "0.99*pos(norm(x[k+1]) - tau)^2\""),
    ("clip-pythagoras", "the excess forgotten", " + pos(norm(x[k]) - tau)^2", ""),
    ("clipped-error", "the excess halved", "\"pos(G - tau)\"", "\"pos(G - tau)/2\""),
    ("clipped-error-run", "the excess halved", "\"pos(G_run - tau)\"", "\"pos(G_run - tau)/2\""),
    ("clipped-error", "G understated by 5 %", "\"pos(G - tau)\"", "\"pos(0.95*G - tau)\""),
    ("clipped-error", "one part in 10^15 short", "\"pos(G - tau)\"", "\"(1 - 10^-15)*pos(G - tau)\""),
    ("clipped-error-mean", "divided by n once more", "\"mean(i in 0..n, pos(norm", "\"1/n*mean(i in 0..n, pos(norm"),
    ("clipped-error-mean", "one part in 10^15 short", "\"mean(i in 0..n, pos(norm", "\"(1 - 10^-15)*mean(i in 0..n, pos(norm"),
    ("clipped-error-norm-mean", "one part in 10^15 short", "\"mean(i in 0..n, pos", "\"(1 - 10^-15)*mean(i in 0..n, pos"),
    ("clipped-error-stochastic", "the excess forgotten", "worker_variance + pos(G - tau)^2", "worker_variance"),
    ("clipped-error-stochastic", "the excess 1 % short", "+ pos(G - tau)^2", "+ 0.99*pos(G - tau)^2"),
    ("clipped-error-stochastic", "the noise 1 % short", "\"worker_variance +", "\"0.99*worker_variance +"),
    ("clipped-error-stochastic", "G understated by 5 %", "pos(G - tau)^2", "pos(0.95*G - tau)^2"),
    ("clipped-error-stochastic-loose", "the cross term with the wrong sign", "(sqrt(worker_variance) + pos(G - tau))^2", "(sqrt(worker_variance) - pos(G - tau))^2"),
    ("clipped-nonconvex", "the excess of a fixed point, G - tau over 2, taken 10 % less", "\"pos(G - tau)^2\"", "\"(0.45*pos(G - tau))^2\""),
    ("clipped-nonconvex", "no residual", "\"pos(G - tau)^2\"", "\"0\""),
    ("clipped-pl", "the excess of a fixed point, G - tau over 2, taken 10 % less", "\"pos(G_run - tau)^2\"", "\"(0.45*pos(G_run - tau))^2\""),
    ("clipped-pl", "no residual", "\"pos(G_run - tau)^2\"", "\"0\""),
    ("clipped-contraction", "one part in 10^15 short", "\"(1 - tau/G)^2*(norm2", "\"(1 - 10^-15)*(1 - tau/G)^2*(norm2"),
    ("clipped-contraction", "G understated by 5 %", "\"(1 - tau/G)^2*(norm2", "\"(1 - tau/(0.95*G))^2*(norm2"),
    ("clipped-contraction-nonconvex", "the initial gap forgotten", "horizons     = [1, 10, 40]", "horizons     = [1, 10, 40]\nclaim = { lhs = \"mean(k in 0..K, E[norm2(grad[k])])\", rhs = \"C/(1 - theta - B)\" }"),
    ("dp-error", "the noise 1 % short", "+ sigma2", "+ 0.99*sigma2"),
    ("dp-error", "the excess 1 % short", "\"pos(G - tau)^2", "\"0.99*pos(G - tau)^2"),
    ("dp-nonconvex", "the excess of a fixed point, G - tau over 2, taken 10 % less", "\"pos(G - tau)^2\"", "\"(0.45*pos(G - tau))^2\""),
    ("finite-difference-error", "the bound halved", "\"d*(L*h/2)^2\"", "\"d*(L*h/2)^2/2\""),
    ("finite-difference-error", "one part in 10^15 short", "\"d*(L*h/2)^2\"", "\"(1 - 10^-15)*d*(L*h/2)^2\""),
    ("finite-difference-error", "the dimension forgotten", "\"d*(L*h/2)^2\"", "\"(L*h/2)^2\""),
    ("finite-difference-nonconvex", "the residual 2 % short", "\"d*(L*h/2)^2\"", "\"0.98*d*(L*h/2)^2\""),
    ("finite-difference-pl", "the residual one part in 10^15 short", "\"d*(L*h/2)^2\"", "\"(1 - 10^-15)*d*(L*h/2)^2\""),
    ("shuffled-error", "one part in 10^15 short", "\"(L_worker*s*G*(n - 1)/2)^2\"", "\"(1 - 10^-15)*(L_worker*s*G*(n - 1)/2)^2\""),
    ("shuffled-error", "G understated by 5 %", "s*G*(n - 1)", "s*0.95*G*(n - 1)"),
    ("low-precision-error", "one bit too many", "(1 - alpha)*(norm2", "(1 - alpha)/4*(norm2"),
    ("low-precision-error", "heterogeneity forgotten where it is large", "(norm2(grad[k]) + zeta2)", "norm2(grad[k])"),
    ("low-precision-average-error", "one part in 10^15 short", "\"(1 - alpha)*norm2", "\"(1 - 10^-15)*(1 - alpha)*norm2"),
    ("composite-error", "S_h off by a factor 2", "sigma_h2/S_h", "sigma_h2/(2*S_h)"),
    ("composite-error", "the bias term forgotten", "+ ell_h^2*sigma_F2/S_F + inner[k]", "+ ell_h^2*sigma_F2/S_F"),
    ("composite-error", "L_F understated by 5 %", "ell_h^2*L_F^2", "ell_h^2*(0.95*L_F)^2"),
    ("composite-error", "the bias a tenth", "rhs     = \"inner[k]\"", "rhs     = \"inner[k]/10\""),
    ("composite-error", "sigma_J2 dropped", "sigma_J2/S_J*(ell_F^2 + sigma_F2/S_F) + ", ""),
    ("composite-error-relative", "S_h off by one part in 10^15", "L_F^2*sigma_h2/S_h", "L_F^2*sigma_h2/((1 + 10^-15)*S_h)"),
    ("composite-error-relative", "the bias term forgotten", "ell_h^2*(outer + inner)", "ell_h^2*outer"),
    ("composite-error-relative", "sigma_J2 dropped", "sigma_J2/S_J*", "0*sigma_J2/S_J*"),
    ("composite-nonconvex", "the residual forgotten", "sigma_J2/S_J*(ell_F^2 + sigma_F2/S_F) + ell_h^2*sigma_F2/S_F + ell_h^2*L_F^2*sigma_h2/S_h", "0"),
    ("composite-pl", "S_h off by one part in 10^15", "L_F^2*sigma_h2/S_h)\"", "L_F^2*sigma_h2/((1 + 10^-15)*S_h))\""),
    ("composite-pl", "the bias term forgotten", "ell_h^2*(sigma_F2/S_F + L_F^2*sigma_h2/S_h)", "ell_h^2*sigma_F2/S_F"),
    ("maml-smoothness", "ell understated by 5 %", "((1 + a*ell)^2*ell", "((1 + a*0.95*ell)^2*0.95*ell"),
    ("maml-smoothness", "one adaptation forgotten", "(1 + a*ell)^2*ell", "(1 + a*ell)*ell"),
    ("maml-smoothness", "one part in 10^15 short", "norm2(x[k+1] - x[k])", "(1 - 10^-15)*norm2(x[k+1] - x[k])"),
    ("maml-error", "S_in off by a factor 2", "sigma_g2/S_in", "sigma_g2/(2*S_in)"),
    ("maml-error", "the bias term forgotten", "+ (1 + a*ell)^2*sigma_g2/S_o + inner[k]", "+ (1 + a*ell)^2*sigma_g2/S_o"),
    ("maml-error", "ell understated by 5 %", "(1 + a*ell)^2", "(1 + a*0.95*ell)^2"),
    ("maml-error", "sigma_H2 dropped", "a^2*sigma_H2/S_H*(G_task^2 + sigma_g2/S_o) + ", ""),
    ("maml-error-quadratic", "S_in off by one part in 10^15", "sigma_g2/S_in\"", "sigma_g2/((1 + 10^-15)*S_in)\""),
    ("maml-error-quadratic", "sigma_H2 one part in 10^15 short", "a^2*sigma_H2/S_H", "(1 - 10^-15)*a^2*sigma_H2/S_H"),
    ("maml-error-quadratic", "ell understated by 5 %", "\"ell^2*a^2", "\"(0.95*ell)^2*a^2"),
    ("maml-error-quadratic", "the gradient's share forgotten", "(norm2(grad[k]) + zeta2)/m_h^2 + ", ""),
    ("maml-bias-taylor", "S_in off by a factor 2", "/(2*S_in)", "/(4*S_in)"),
    ("maml-bias-taylor", "H understated by 5 %", "*H*a^2", "*0.95*H*a^2"),
    ("maml-nonconvex", "the residual forgotten", "a^2*sigma_H2/S_H*(G_task^2 + sigma_g2/S_o) + (1 + a*ell)^2*sigma_g2/S_o + (1 + a*ell)^2*ell^2*a^2*sigma_g2/S_in", "0"),
    ("maml-pl", "S_in off by one part in 10^15", "sigma_g2/S_in)\"", "sigma_g2/((1 + 10^-15)*S_in))\""),
    ("maml-pl", "sigma_H2 dropped from the relative part", "B = \"a^2*sigma_H2", "B = \"0*a^2*sigma_H2"),
    ("maml-pl", "sigma_H2 dropped from the absolute part", "a^2*sigma_H2/S_H*(ell^2", "0*a^2*sigma_H2/S_H*(ell^2"),
    ("fomaml-relative-bias", "ell understated by 5 %", "(a*ell/(1 - a*ell))^2", "(a*0.95*ell/(1 - a*0.95*ell))^2"),
    ("fomaml-relative-bias", "one part in 10^15 short", "(a*ell/(1 - a*ell))^2", "(1 - 10^-15)*(a*ell/(1 - a*ell))^2"),
    ("shuffled-nonconvex", "the residual halved", "*G*(n - 1)/2)^2", "*G*(n - 1)/2)^2/2"),
    ("low-precision-nonconvex", "the residual halved", "C = \"(1 - alpha)*zeta2\"", "C = \"(1 - alpha)*zeta2/2\""),
    ("low-precision-pl", "the residual halved", "C = \"(1 - alpha)*zeta2\"", "C = \"(1 - alpha)*zeta2/2\""),
    ("low-precision-average-nonconvex", "the leading factor halved", "[substitute]", "[claim]\nlhs = \"mean(k in 0..K, E[norm2(grad[k])])\"\nrhs = \"0.5*2*(1 - theta)/(1 - theta - B)*E[f[0] - f_star + A*norm2(m[-1])]/(gamma*K) + C/(1 - theta - B)\"\n\n[substitute]"),
    ("low-precision-average-pl", "the rate 2.5 times too fast", "[substitute]", "[constants]\nrho = \"if(beta == 1, 2.5*gamma*mu, min(eta*beta, 2.5*gamma*mu))\"\n\n[substitute]"),
    ("fomaml-nonconvex", "the leading factor halved", "[substitute]", "[claim]\nlhs = \"mean(k in 0..K, E[norm2(grad[k])])\"\nrhs = \"0.5*2*(1 - theta)/(1 - theta - B)*E[f[0] - f_star + A*norm2(m[-1])]/(gamma*K) + C/(1 - theta - B)\"\n\n[substitute]"),
    ("fomaml-pl", "the rate 2.5 times too fast", "[substitute]", "[constants]\nrho = \"if(beta == 1, 2.5*gamma*mu, min(eta*beta, 2.5*gamma*mu))\"\n\n[substitute]"),
    ("gd-nonconvex", "1 % short", "2*(f[0] - f_star)", "1.98*(f[0] - f_star)"),
    ("gd-nonconvex-min", "1 % short", "4*(f[0] - f_star)", "3.96*(f[0] - f_star)"),
    ("gd-decrease-min", "1 % short", "4*(f[0] - f[K])", "3.96*(f[0] - f[K])"),
    ("gd-pl", "the contraction 1 % too strong", "gamma*mu*(2", "1.01*gamma*mu*(2"),
    ("gd-convex", "1 % short", "(4*gamma*L*K + 2)", "(4.04*gamma*L*K + 2.02)"),
    ("gd-strongly-convex", "the slower end 1 % too fast", "(1 - gamma*mu_sc)^2", "(1 - 1.01*gamma*mu_sc)^2"),
    ("gd-strongly-convex-value", "the slower end 1 % too fast", "(1 - gamma*mu_sc)^2", "(1 - 1.01*gamma*mu_sc)^2"),
    ("cocoercive-step", "L understated by 1 %", "/(2*L)", "/(1.98*L)"),
    ("cocoercive-step", "claimed of nonconvex functions too", "convex == 1", "convex >= 0"),
    ("quadratic-growth", "mu in place of mu/2", "mu/2*dist2[k]", "mu*dist2[k]"),
    ("quadratic-growth", "1 % over", "mu/2*dist2[k]", "1.01*mu/2*dist2[k]"),
    ("normalized-step", "the curvature's term 10 % short", "+ L*gamma^2/2", "+ 0.9*L*gamma^2/2"),
    ("clip-momentum-step", "the curvature's term 10 % short", "+ L*gamma^2*s[k]^2/2", "+ 0.9*L*gamma^2*s[k]^2/2"),
    ("polyak-step-decrease", "four times the decrease", "(f[k] - f_star)^2/", "4*(f[k] - f_star)^2/"),
    ("nesterov-convex-rate", "an eighth of the bound", "2*L*norm2", "L/4*norm2"),
    ("nesterov-convex-lyapunov", "what does not increase made to fall by a tenth", "rhs = \"V[k-1]\"", "rhs = \"0.9*V[k-1]\""),
    ("nesterov-strongly-convex-rate", "a quarter of the bound", "(1 - sqrt(q))^K*", "(1 - sqrt(q))^K/4*"),
    ("robust-momentum-lyapunov", "the contraction 1 % too strong", "rho^2*V[k-1]", "0.99*rho^2*V[k-1]"),
    ("robust-momentum-lyapunov", "ell 1 % short", "ell = \"mu_sc*", "ell = \"0.99*mu_sc*"),
    ("robust-momentum-lyapunov", "another weight of the point before", "(x[k] - rho^2*x[k-1])/(1 - rho^2)", "(x[k] - rho*x[k-1])/(1 - rho)"),
    ("robust-momentum-lyapunov", "the gradient's share of q forgotten", " - norm2(u[k])/2", ""),
    ("optimized-gradient-lyapunov", "what does not increase made to fall by 1 %", "rhs = \"V[k-1]\"", "rhs = \"0.99*V[k-1]\""),
    ("optimized-gradient-lyapunov", "one part in a million short at the start", "\"L/2*norm2", "\"0.999999*L/2*norm2"),
    ("optimized-gradient-lyapunov", "the gradient's share forgotten", " - norm2(grad[k])/(2*L)", ""),
    ("optimized-gradient-rate", "two fifths of the bound", "\"L*norm2", "\"0.4*L*norm2"),
    ("amsgrad-regret", "the largest squares forgotten, which is Adam", "h = (h + s + products(h - s, sign(h - s)))/2", "h = s"),
    ("amsgrad-regret", "the sum of the gradients forgotten", " + gamma*sqrt((1 + ln(K))*d*sum(k in 0..K, norm2(g[k])))/(2*sqrt(1 - b2))", ""),
    ("amsgrad-regret", "half the distance", "D[K]^2*sqrt(K)", "D[K]^2/4*sqrt(K)"),
    ("expected-smoothness", "1 % short", "2*L_max", "1.98*L_max"),
    ("expected-smoothness", "claimed of a convex mean of workers that are not", "convex = \"workers_convex == 1\"", CONVEX_MEAN),
    ("sampled-workers-variance", "one worker more", "(batch*(n - 1))", "(batch*n)"),
    ("sampled-workers-replacement", "1 % short", "/batch", "/(1.01*batch)"),
    ("sampled-workers-nonconvex", "no residual", "(n - batch)/(batch*(n - 1))*zeta2", "0*zeta2"),
    ("ef21-error", "the drift's weight quartered", "/(1 - s)*L_hat^2", "/(1 - s)*L_hat^2/4"),
    ("ef21-nonconvex", "a quarter of the gap forgotten", "2*(f[0] - f_star)", "1.5*(f[0] - f_star)"),
    ("ef21-pl", "three times the rate", "(1 - gamma*mu)^K", "(1 - 3*gamma*mu)^K"),
    ("error-feedback-virtual-iterate", "one part in a thousand over", "gamma*mean", "1.001*gamma*mean"),
];

/// f₁ = 2x² and f₂ = −x² at x = 1: 10 ≤ 4.
const CONVEX_MEAN: &str = r#"convex = "convex == 1"

[[witness]]
doc        = "two workers, the second concave"
parameters = { gamma = "1" }
problem    = { family = "explicit-quadratic", matrices = [[[4]], [[-2]]], vectors = [[0], [0]], numbers = [0, 0] }
oracle     = []
start      = ["1"]
horizon    = 1"#;

fn main() -> ExitCode {
    let trials = REJECTS.iter().map(|reject| {
        let (id, what, ..) = reject;
        Trial::test(format!("REJECT {id}: {what}"), move || must_be_refuted(reject))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn must_be_refuted(&(id, _, from, to): &Reject) -> Result<(), Failed> {
    let text = library::text(id).ok_or("no such statement")?;
    if !text.contains(from) {
        return Err(format!("the statement does not contain `{from}`").into());
    }
    let broken = load_text(id, &text.replace(from, to)).map_err(|err| err.to_string())?;
    let effort = Preset::Default.effort();
    let plan = Plan::new(&broken, Preset::Default)?;
    // The error of a test that must refute is that it does not, which no δ bounds.
    let judging =
        Judging { effort: &effort, error_budget: ErrorBudget { delta: 1e-9, tests: plan.cells.len() as u64 }, seed: 1 };
    for cell in &plan.cells {
        if check_cell(cell, judging)?.verdict == Verdict::Violated {
            return Ok(());
        }
    }
    Err(format!("no violation on {} cells", plan.cells.len()).into())
}
