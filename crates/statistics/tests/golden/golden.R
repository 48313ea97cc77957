# Writes golden_r.json: what established R packages make of published and simulated data.
#
#     Rscript golden.R > golden_r.json
#
# R 4.2.2; interval 1.1-1.0 (with Icens 1.24.0, MLEcens 0.1-7.1, perm 1.0-0.4), survival 3.5-3,
# lme4 1.1-31, jsonlite 1.8.4.
#
# Data: time to cosmetic deterioration (D. M. Finkelstein, R. A. Wolfe, Biometrics 41, 1985), as
# shipped with interval; lung cancer (J. D. Kalbfleisch, R. L. Prentice, 1980) and the veterans' trial,
# as shipped with survival; penicillin (O. L. Davies, P. L. Goldsmith, 1972), as shipped with lme4; and
# simulations.

suppressMessages({
    library(interval)
    library(survival)
    library(lme4)
    library(jsonlite)
})
set.seed(7)

finite <- function(x) ifelse(is.finite(x), x, NA)

# Intervals (left, right], with exact times where both are equal.
looked <- function(n, rate, steps, horizon) {
    time <- rexp(n, rate)
    step <- sample(steps, n, replace = TRUE)
    left <- floor(time / step) * step
    right <- left + step
    late <- left >= horizon
    left[late] <- horizon
    right[late] <- Inf
    exact <- runif(n) < 0.15 & !late
    left[exact] <- right[exact] <- round(time[exact], 1)
    data.frame(left, right)
}

samples <- function() {
    data(bcos)
    coarse <- looked(60, 0.02, c(5, 10, 20), 100)
    coarse$group <- rep(c("a", "b", "c"), each = 20)
    fine <- looked(150, 0.01, c(1, 2, 50), 200)
    fine$group <- rep(c("a", "b"), c(50, 100))
    one_grid <- looked(40, 0.05, 8, 64)
    one_grid$group <- rep(c("a", "b", "c", "d"), each = 10)
    list(
        cosmesis = data.frame(left = bcos$left, right = bcos$right, group = bcos$treatment),
        coarse = coarse, fine = fine, one_grid = one_grid
    )
}

turnbull <- function(name, data) {
    control <- icfitControl(epsilon = 1e-13, maxit = 1e6)
    fit <- icfit(data$left, data$right, control = control)
    stopifnot(fit$converge)
    keep <- fit$pf > 1e-9
    test <- function(scores) {
        found <- ictest(data$left, data$right, as.character(data$group),
            scores = scores, method = "pclt", icFIT = fit)
        k <- length(unique(data$group))
        # Of two groups the statistic is a normal variable.
        list(
            statistic = unname(if (k == 2) found$statistic^2 else found$statistic),
            p = found$p.value
        )
    }
    list(
        name = name, left = data$left, right = finite(data$right),
        group = as.integer(factor(data$group)),
        after = fit$intmap[1, keep], until = finite(fit$intmap[2, keep]), mass = fit$pf[keep],
        sun = test("logrank1"), finkelstein = test("logrank2")
    )
}

log_rank <- function(name, time, event, group) {
    found <- survdiff(Surv(time, event) ~ group)
    freedom <- sum(found$exp > 0) - 1
    list(
        name = name, time = time, event = as.logical(event), group = as.integer(factor(group)),
        statistic = found$chisq, freedom = freedom,
        p = pchisq(found$chisq, freedom, lower.tail = FALSE)
    )
}

crossed <- function(levels, deviations, residual) {
    # The last factor's level changes fastest.
    cells <- rev(expand.grid(rev(lapply(levels, seq_len))))
    names(cells) <- paste0("f", seq_along(levels))
    y <- 10 + rnorm(nrow(cells), sd = residual)
    for (k in seq_along(levels)) {
        y <- y + rnorm(levels[k], sd = deviations[k])[cells[[k]]]
    }
    cells$y <- y
    cells
}

# Newton's method on lme4's deviance, from where its optimizer ends: that compares deviances, of which
# rounding leaves but half the digits of the minimum. Derivatives are differences of fourth order.
sharpen <- function(deviance, theta) {
    free <- theta > 1e-4
    theta[!free] <- 0
    gradient <- function(theta) {
        sapply(which(free), function(k) {
            h <- 1e-2 * theta[k]
            at <- function(steps) {
                theta[k] <- theta[k] + steps * h
                deviance(theta)
            }
            (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
        })
    }
    for (iteration in 1:8) {
        g <- gradient(theta)
        hessian <- sapply(which(free), function(k) {
            h <- 1e-4 * theta[k]
            above <- below <- theta
            above[k] <- theta[k] + h
            below[k] <- theta[k] - h
            (gradient(above) - gradient(below)) / (2 * h)
        })
        step <- solve(hessian, g)
        theta[free] <- theta[free] - step
    }
    stopifnot(max(abs(step)) < 1e-7)
    theta
}

components <- function(name, levels, cells) {
    factors <- paste0("f", seq_along(levels))
    for (f in factors) cells[[f]] <- factor(cells[[f]])
    parts <- lFormula(reformulate(paste0("(1|", factors, ")"), "y"), cells, REML = TRUE)
    deviance <- do.call(mkLmerDevfun, parts)
    theta <- sharpen(deviance, optimizeLmer(deviance)$par)
    end <- list(par = theta, fval = deviance(theta), conv = 0, message = "")
    fit <- mkMerMod(environment(deviance), end, parts$reTrms, fr = parts$fr)
    variances <- as.data.frame(VarCorr(fit))
    list(
        name = name, levels = levels, cells = cells$y,
        factors = variances$vcov[match(factors, variances$grp)],
        residual = variances$vcov[variances$grp == "Residual"]
    )
}

without <- function(cells, share) {
    cells$y[runif(nrow(cells)) < share] <- NA
    cells
}

penicillin <- function() {
    cells <- Penicillin[order(Penicillin$plate, Penicillin$sample), ]
    data.frame(f1 = cells$plate, f2 = cells$sample, y = cells$diameter)
}

variance_components <- function() {
    cubic <- crossed(c(8, 6, 5), c(2, 0.5, 0.1), 0.3)
    none <- crossed(c(6, 5, 4), c(1, 0, 0), 1)
    four <- crossed(c(5, 4, 3, 6), c(1, 2, 0.2, 0.5), 0.5)
    large <- crossed(c(16, 16, 16), c(1, 0.15, 0.05), 0.2)
    list(
        components("penicillin", c(24, 6), penicillin()),
        components("cubic", c(8, 6, 5), cubic),
        components("cubic with holes", c(8, 6, 5), without(cubic, 0.3)),
        components("mostly holes", c(8, 6, 5), without(cubic, 0.7)),
        components("nothing", c(6, 5, 4), none),
        components("nothing with holes", c(6, 5, 4), without(none, 0.2)),
        components("four", c(5, 4, 3, 6), four),
        components("four with holes", c(5, 4, 3, 6), without(four, 0.4)),
        components("large with holes", c(16, 16, 16), without(large, 0.25))
    )
}

data <- samples()
golden <- list(
    turnbull = unname(Map(turnbull, names(data), data)),
    log_rank = list(
        log_rank("lung", lung$time, lung$status == 2, ifelse(is.na(lung$ph.ecog), 9, lung$ph.ecog)),
        log_rank("veteran", veteran$time, veteran$status == 1, veteran$celltype),
        log_rank("ties", c(1, 1, 2, 2, 3, 3, 3, 4, 5, 5), c(1, 0, 1, 1, 1, 1, 0, 1, 1, 0),
            c(1, 2, 3, 1, 2, 3, 1, 2, 3, 1))
    ),
    components = variance_components()
)
cat(toJSON(golden, auto_unbox = TRUE, digits = NA, na = "null"), "\n")
